package panatorch.export;

import java.util.ArrayList;
import java.util.List;
import panatorch.DType;
import panatorch.Device;
import panatorch.Operators;
import panatorch.Tensor;

/** Has oneDNN do linear layers, with weights in the order that it prefers, together with the activation function after them. */
final class PackLinears implements Pass {
    private static final String LINEAR = "torch.ops.aten.linear.default", POINTWISE = "mkldnn::_linear_pointwise";

    private final long smallest;

    /** @param smallest number of weights of the smallest layer that is packed */
    PackLinears(long smallest) { this.smallest = smallest; }

    @Override public void apply(Rewrite graph) {
        int packed = 0, fused = 0;
        for (GraphText.Node linear : List.copyOf(graph.nodes)) {
            Tensor weight = linear.target().equals(LINEAR) ? graph.known(linear.input("weight")) : null;
            Argument input = linear.input("input"), bias = linear.input("bias") == null ? Argument.NONE : linear.input("bias");
            String result = Rewrite.result(linear);
            if (weight == null || weight.numel() < smallest || result == null || input == null || !UseBfloat16.isFloat(weight)
                    || weight.device().type() != Device.Type.CPU)
                continue;
            if (!bias.equals(Argument.NONE) && graph.known(bias) == null) continue;
            Tensor prepared = (Tensor) Operators.call("mkldnn::_reorder_linear_weight", weight.detach().contiguous()).getFirst();
            if (prepared == null) continue;
            GraphText.Node user = graph.onlyUser(result);
            Activation activation = Activation.of(user);
            String last = user == null || activation == null ? result : String.valueOf(Rewrite.result(user));
            var arguments = new ArrayList<Argument>(List.of(input, graph.add(prepared), bias));
            arguments.addAll((activation == null ? Activation.NONE : activation).arguments());
            graph.replace(linear, Rewrite.call(POINTWISE, last, linear.line(), arguments));
            if (user != null && activation != null) {
                graph.remove(user);
                fused++;
            }
            packed++;
        }
        graph.report(packed, "linear layers done by oneDNN");
        graph.report(fused, "activations done within linear layers");
    }
}
