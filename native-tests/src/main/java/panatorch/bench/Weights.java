package panatorch.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/** Makes the tensors of the files: float32 [1000, 1000], four megabytes each. {@code weights.py} reads them. */
final class Weights {
    private static final long SIDE = 1000, MEGABYTES = 4, FLOATS_A_PAGE = 1024;

    private Weights() {}

    static Map<String, Tensor> ofMegabytes(int megabytes) {
        Torch.manualSeed(1);
        var tensors = new LinkedHashMap<String, Tensor>();
        for (int i = 0; i < megabytes / MEGABYTES; i++) tensors.put("weight%03d".formatted(i), Torch.randn(SIDE, SIDE));
        return tensors;
    }

    /** Reads a number of every page of memory; otherwise tensors that are only mapped would count as loaded. */
    static double touch(Map<String, Tensor> tensors) {
        double sum = 0;
        try (var scope = Scope.open()) {
            for (Tensor t : tensors.values()) sum += t.view(-1).slice(0, null, null, FLOATS_A_PAGE).sum().itemDouble();
        }
        return sum;
    }

    static double checksum(Map<String, Tensor> tensors) { return Checksum.of(List.copyOf(new TreeMap<>(tensors).values())); }
}
