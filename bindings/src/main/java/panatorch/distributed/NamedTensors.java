package panatorch.distributed;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import panatorch.DType;
import panatorch.Device;
import panatorch.Tensor;
import panatorch.Torch;

/** Exchanges named tensors whose names, types and shapes may be different on each rank. */
final class NamedTensors {
    private NamedTensors() {}

    static List<Map<String, Tensor>> allGather(ProcessGroup group, Map<String, Tensor> own) throws InterruptedException {
        var lines = new ArrayList<String>();
        own.forEach((name, t) -> {
            group.calls().device().check(t);
            lines.add(t.dtype().name() + "\t" + t.device().type() + "\t" + shape(t) + "\t" + name);
        });
        List<String> described = group.allGather(String.join("\n", lines));
        var all = new ArrayList<Map<String, Tensor>>();
        for (int r = 0; r < group.ranks(); r++) {
            Map<String, Tensor> tensors = r == group.rank() ? own : empty(described.get(r), group.device());
            group.broadcast(r, List.copyOf(tensors.values()));
            all.add(tensors);
        }
        return all;
    }

    private static String shape(Tensor t) {
        var sizes = new ArrayList<String>();
        for (long size : t.shape()) sizes.add(Long.toString(size));
        return String.join(",", sizes);
    }

    /** @param gpu this rank's device for tensors that are on the GPU of another rank */
    private static Map<String, Tensor> empty(String description, Device gpu) {
        var tensors = new LinkedHashMap<String, Tensor>();
        description.lines().forEach(line -> {
            String[] parts = line.split("\t", 4);
            Device on = Device.Type.valueOf(parts[1]) == Device.Type.CPU ? Device.CPU : gpu;
            long[] shape = parts[2].isEmpty() ? new long[0] : List.of(parts[2].split(",")).stream().mapToLong(Long::parseLong).toArray();
            tensors.put(parts[3], Torch.empty(DType.valueOf(parts[0]), on, shape));
        });
        return tensors;
    }
}
