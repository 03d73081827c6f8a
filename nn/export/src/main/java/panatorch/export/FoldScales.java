package panatorch.export;

import java.util.ArrayList;
import java.util.Arrays;
import panatorch.Tensor;

/**
 * Folds products with a weight for each channel, such as layer scales, into the linear layer or convolution before them: γ·(w·x + b) is
 * (γ·w)·x + γ·b. A permutation may lie between the two.
 */
final class FoldScales implements Pass {
    private static final String ATEN = "torch.ops.aten.", MUL = ATEN + "mul.Tensor", MUL_IN_PLACE = ATEN + "mul_.Tensor",
            PERMUTE = ATEN + "permute.default",
            LINEAR = ATEN + "linear.default", CONVOLUTION = ATEN + "conv2d.default";

    @Override public void apply(Rewrite graph) {
        int folded = 0;
        for (String result : graph.results()) {
            GraphText.Node node = graph.find(result);
            if ((node.target().equals(MUL) || node.target().equals(MUL_IN_PLACE)) && fold(graph, node, result)) folded++;
        }
        graph.report(folded, "scales folded into linear layers and convolutions");
    }

    private static boolean fold(Rewrite graph, GraphText.Node mul, String result) {
        boolean second = graph.known(mul.input("other")) != null;
        Argument input = mul.input(second ? "self" : "other");
        Tensor scale = graph.known(mul.input(second ? "other" : "self"));
        GraphText.Node before = graph.maker(input);
        if (scale == null || before == null || graph.isOutput(result) || graph.onlyUser(String.valueOf(Rewrite.result(before))) != mul)
            return false;
        boolean permuted = before.target().equals(PERMUTE);
        long[] order = permuted ? Rewrite.integers(before, "dims") : null;
        GraphText.Node layer = permuted ? graph.maker(before.input("self")) : before;
        if (layer == null || permuted && (order == null || graph.onlyUser(String.valueOf(Rewrite.result(layer))) != before)) return false;
        boolean linear = layer.target().equals(LINEAR);
        Tensor weight = linear || layer.target().equals(CONVOLUTION) ? graph.known(layer.input("weight")) : null;
        TensorMeta meta = graph.meta(String.valueOf(Rewrite.result(layer)));
        if (weight == null || meta == null || weight.dtype() != scale.dtype()) return false;
        int rank = meta.sizes().size(), channel = linear ? rank - 1 : 1;
        int place = order == null ? channel : indexOf(order, channel, rank);
        if (place < 0 || !isAlong(scale, place, rank, weight.size(0))) return false;
        Argument bias = layer.input("bias");
        Tensor oldBias = graph.known(bias);
        if (oldBias == null && bias != null && !bias.equals(Argument.NONE)) return false;
        Tensor flat = scale.reshape(-1);
        long[] shape = new long[(int) weight.dim()];
        Arrays.fill(shape, 1);
        shape[0] = -1;
        var inputs = new ArrayList<GraphText.Input>();
        for (GraphText.Input i : layer.inputs()) inputs.add(switch (i.name()) {
            case "weight" -> new GraphText.Input("weight", graph.add(weight.mul(flat.reshape(shape)).detach()), false);
            case "bias" -> new GraphText.Input("bias", oldBias == null ? i.argument() : graph.add(oldBias.mul(flat).detach()), false);
            default -> i;
        });
        graph.replace(layer, new GraphText.Node(layer.name(), layer.target(), inputs, layer.outputs(), layer.line()));
        graph.remove(mul);
        graph.redirect(result, new Argument.Name(String.valueOf(Rewrite.result(before)), Argument.Kind.TENSOR));
        return true;
    }

    private static int indexOf(long[] order, int channel, int rank) {
        for (int i = 0; i < order.length; i++) if (Math.floorMod(order[i], (long) rank) == channel) return i;
        return -1;
    }

    /** Returns whether a tensor has {@code size} elements along a dimension and repeats along all others. */
    private static boolean isAlong(Tensor scale, int place, int rank, long size) {
        int first = rank - (int) scale.dim();
        if (first < 0 || place < first) return false;
        for (int d = 0; d < scale.dim(); d++) if (scale.size(d) != (d + first == place ? size : 1)) return false;
        return true;
    }
}
