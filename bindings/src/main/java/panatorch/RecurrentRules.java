package panatorch;

import static panatorch.ArgumentRules.numel;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.ArgumentChecks.Check;

/** The rules that {@link ArgumentChecks} applies to LSTMs and other recurrent networks. Each answers what is wrong, or null. */
final class RecurrentRules {
    private RecurrentRules() {}

    /**
     * Checks an LSTM's states and the weights of each layer and direction: two matrices, then the biases and the projection, if there are
     * any.
     */
    static @Nullable String lstm(ArgumentView a) {
        if (a.length("hx") != 2) return "hx must have 2 tensors, not " + a.length("hx");
        for (int i = 0; i < 2; i++)
            if (a.shape("hx", i).length != 3) return "the tensors of hx must have 3 dimensions, not " + a.shape("hx", i).length;
        if (a.has("input") && a.shape("input").length != 3 || a.has("data") && a.shape("data").length != 2)
            return "input must have 3 dimensions, and data 2";
        long layers = a.integer("num_layers") * (a.truth("bidirectional") ? 2 : 1);
        int each = (int) (a.length("params") / layers), plain = a.truth("has_biases") ? 4 : 2;
        if (each * layers != a.length("params") || each != plain && each != plain + 1)
            return "params must have " + plain * layers + " tensors, or " + (plain + 1) * layers + " with projections, not "
                    + a.length("params");
        for (int i = 0; i < a.length("params"); i++)
            if (a.shape("params", i).length != (i % each >= 2 && i % each < plain ? 1 : 2))
                return "tensor " + i + " of params must be a "
                        + (i % each >= 2 && i % each < plain ? "vector, as a bias" : "matrix, as a weight");
        return null;
    }

    static Check lstmWeights(String ofInput, String ofHidden) {
        return a -> {
            long[] w = a.shape(ofInput), u = a.shape(ofHidden);
            long h = a.integer("hidden_size");
            boolean fits = w.length == 2 && w[0] == 4 * h && w[1] > 0 && Arrays.equals(u, new long[] {4 * h, h})
                    && a.dtype(ofInput).isFloatingPoint() && a.dtype(ofHidden) == a.dtype(ofInput);
            return fits ? null : ofInput + " and " + ofHidden
                    + " must have the shapes [4 · hidden_size, I] and [4 · hidden_size, hidden_size], and one floating-point dtype";
        };
    }

    static @Nullable String lstmState(ArgumentView a) {
        long[] x = a.shape("input");
        long h = a.integer("hidden_size");
        if (numel(x) == 0 || x[2] != a.shape("weight0")[1] || a.dtype("input") != a.dtype("weight0"))
            return "input must have the shape [T, N, I] and the dtype of the weights";
        if (a.integer("mode") != 2) return "mode must be 2, which stands for an LSTM";
        for (String b : List.of("weight2", "weight3"))
            if (!Arrays.equals(a.shape(b), new long[] {4 * h})) return b + " must have the shape [4 · hidden_size]";
        long rows = a.truth("batch_first") ? x[0] : x[1];
        for (String s : List.of("hx_", "cx_")) if (numel(a.shape(s)) != rows * h) return s + " must have N · hidden_size elements";
        return null;
    }

    /** Checks the tensors that the forward pass of an LSTM saved for the backward pass. */
    static @Nullable String lstmPast(ArgumentView a) {
        long[] x = a.shape("input");
        long h = a.integer("hidden_size"), rows = a.truth("batch_first") ? x[0] : x[1];
        if (numel(x) == 0 || x[2] != a.shape("weight1")[1]) return "input must have the shape [T, N, I]";
        for (String s : List.of("hx_", "cx_tmp", "hy_", "cy_"))
            if (numel(a.shape(s)) != rows * h) return s + " must have N · hidden_size elements";
        if (numel(a.shape("output")) != x[0] * x[1] * h) return "output must have T · N · hidden_size elements";
        return a.dtype("workspace") == DType.UINT8 && numel(a.shape("workspace")) > 0 ? null
                : "workspace must be the bytes that the forward pass returned";
    }
}
