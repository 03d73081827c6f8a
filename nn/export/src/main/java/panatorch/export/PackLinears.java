package panatorch.export;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import panatorch.DType;
import panatorch.Device;
import panatorch.Operators;
import panatorch.Tensor;

/**
 * Has oneDNN do linear layers, with weights in the order that it prefers, together with the activation function after them or the sum with
 * another tensor.
 */
final class PackLinears implements Pass {
    private static final String LINEAR = "torch.ops.aten.linear.default", POINTWISE = "mkldnn::_linear_pointwise";
    /** Multiplications from which on a product gains back what a call of oneDNN takes more: 64 rows of 256 → 256 gain a tenth. */
    private static final long SMALLEST_PRODUCT = 3_000_000;

    private final long smallest;

    /** @param smallest number of weights of the smallest layer that is packed where the number of rows is not known */
    PackLinears(long smallest) {
        this.smallest = smallest;
    }

    @Override public void apply(Rewrite graph) {
        int packed = 0, fused = 0;
        for (GraphText.Node linear : List.copyOf(graph.nodes)) {
            Tensor weight = linear.target().equals(LINEAR) ? graph.known(linear.input("weight")) : null;
            Argument input = linear.input("input"), bias = linear.input("bias") == null ? Argument.NONE : linear.input("bias");
            String result = Rewrite.result(linear);
            if (weight == null || result == null || input == null || !isWorthwhile(graph, weight, input) || !UseBfloat16.isFloat(weight)
                    || weight.device().type() != Device.Type.CPU)
                continue;
            if (!bias.equals(Argument.NONE) && graph.known(bias) == null) continue;
            Tensor prepared = (Tensor) Operators.call("mkldnn::_reorder_linear_weight", weight.detach().contiguous()).getFirst();
            if (prepared == null) continue;
            if (fuse(graph, linear, result, input, graph.add(prepared), bias)) fused++;
            packed++;
        }
        graph.report(packed, "linear layers done by oneDNN");
        graph.report(fused, "activations and sums done within linear layers");
    }

    private boolean isWorthwhile(Rewrite graph, Tensor weight, Argument input) {
        long[] shape = input instanceof Argument.Name n ? graph.fixedShape(n.name()) : null;
        boolean large = weight.numel() >= smallest;
        if (shape == null || weight.dtype() != DType.FLOAT32 || large) return large;
        long rows = Arrays.stream(shape, 0, shape.length - 1).reduce(1, (a, b) -> a * b);
        return rows * weight.numel() >= SMALLEST_PRODUCT;
    }

    /** Replaces a layer, and returns whether the call after it became a part of it. */
    private static boolean fuse(Rewrite graph, GraphText.Node linear, String result, Argument input, Argument weight, Argument bias) {
        GraphText.Node user = graph.onlyUser(result);
        Activation activation = Activation.of(user);
        Argument other = graph.otherTerm(linear, user);
        if (user != null && other != null) {
            graph.remove(linear);
            graph.replace(user, Rewrite.call(POINTWISE + ".binary", String.valueOf(Rewrite.result(user)), linear.line(),
                    List.of(input, other, weight, bias, new Argument.Constant("add"))));
            return true;
        }
        String last = user == null || activation == null ? result : String.valueOf(Rewrite.result(user));
        var arguments = new ArrayList<Argument>(List.of(input, weight, bias));
        arguments.addAll((activation == null ? Activation.NONE : activation).arguments());
        graph.replace(linear, Rewrite.call(POINTWISE, last, linear.line(), arguments));
        if (user == null || activation == null) return false;
        graph.remove(user);
        return true;
    }
}
