package panatorch.export;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Tensor;

/**
 * Folds batch normalisations in evaluation mode into the convolutions before them: with scale s = γ / √(σ² + ε), the convolution with the
 * weight s·w and the bias s·(b − μ) + β computes both.
 */
final class FoldBatchNorms implements Pass {
    private static final String CONVOLUTION = "torch.ops.aten.conv2d.default", NORM = "torch.ops.aten.batch_norm.default";

    @Override public void apply(Rewrite graph) {
        int folded = 0;
        for (GraphText.Node conv : List.copyOf(graph.nodes)) if (conv.target().equals(CONVOLUTION) && fold(graph, conv)) folded++;
        graph.report(folded, "batch normalisations folded into convolutions");
    }

    private static boolean fold(Rewrite graph, GraphText.Node conv) {
        Tensor weight = graph.known(conv.input("weight"));
        String result = Rewrite.result(conv);
        GraphText.Node norm = result == null ? null : graph.onlyUser(result);
        String normalized = norm == null ? null : Rewrite.result(norm);
        if (weight == null || norm == null || normalized == null || !norm.target().equals(NORM)) return false;
        Tensor mean = graph.known(norm.input("running_mean")), variance = graph.known(norm.input("running_var"));
        Double epsilon = norm.input("eps") instanceof Argument.Constant(Object v) && v instanceof Double d ? d : null;
        Argument bias = conv.input("bias");
        Tensor before = graph.known(bias);
        if (mean == null || variance == null || epsilon == null || before == null && isGiven(bias)) return false;
        if (isUnknown(graph, norm.input("weight")) || isUnknown(graph, norm.input("bias"))) return false;
        Tensor gamma = graph.known(norm.input("weight")), beta = graph.known(norm.input("bias"));
        Tensor scale = variance.add(epsilon).rsqrt();
        if (gamma != null) scale = scale.mul(gamma);
        Tensor shift = (before == null ? Aten.neg(mean) : before.sub(mean)).mul(scale);
        if (beta != null) shift = shift.add(beta);
        Argument.Name newWeight = graph.add(weight.mul(scale.reshape(-1, 1, 1, 1)).detach()), newBias = graph.add(shift.detach());
        var inputs = new ArrayList<GraphText.Input>();
        for (GraphText.Input i : conv.inputs())
            if (!i.name().equals("bias")) inputs.add(i.name().equals("weight") ? new GraphText.Input("weight", newWeight, false) : i);
        inputs.add(2, new GraphText.Input("bias", newBias, false));
        graph.replace(conv, new GraphText.Node(normalized, conv.target(), inputs, norm.outputs(), conv.line()));
        graph.remove(norm);
        return true;
    }

    private static boolean isGiven(@Nullable Argument a) { return a != null && !a.equals(Argument.NONE); }

    private static boolean isUnknown(Rewrite graph, @Nullable Argument a) { return isGiven(a) && graph.known(a) == null; }
}
