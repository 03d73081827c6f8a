package panatorch.distributed;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import panatorch.DType;
import panatorch.Tensor;
import panatorch.Torch;

/** Exchanges named tensors whose names, types and shapes may be different on each rank. */
final class NamedTensors {
    private NamedTensors() {}

    static List<Map<String, Tensor>> allGather(ProcessGroup group, Map<String, Tensor> own) throws InterruptedException {
        var lines = new ArrayList<String>();
        own.forEach((name, t) -> {
            Arguments.check(t);
            lines.add(t.dtype().name() + "\t" + shape(t) + "\t" + name);
        });
        List<String> described = group.allGather(String.join("\n", lines));
        var all = new ArrayList<Map<String, Tensor>>();
        for (int r = 0; r < group.ranks(); r++) {
            Map<String, Tensor> tensors = r == group.rank() ? own : empty(described.get(r));
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

    private static Map<String, Tensor> empty(String description) {
        var tensors = new LinkedHashMap<String, Tensor>();
        description.lines().forEach(line -> {
            String[] parts = line.split("\t", 3);
            long[] shape = parts[1].isEmpty() ? new long[0] : List.of(parts[1].split(",")).stream().mapToLong(Long::parseLong).toArray();
            tensors.put(parts[2], Torch.empty(DType.valueOf(parts[0]), shape));
        });
        return tensors;
    }
}
