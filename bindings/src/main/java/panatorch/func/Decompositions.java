package panatorch.func;

import java.util.Arrays;
import java.util.List;
import panatorch.Aten;
import panatorch.DispatchKey;
import panatorch.OperatorArguments;
import panatorch.OperatorLibrary;
import panatorch.Tensor;

/**
 * Rules for {@code vmap} of operators that have none in libtorch, because Python registers them: the losses of labels and three losses'
 * gradients. Each computes the operator by others, which have rules. Without them libtorch would loop over the samples.
 */
final class Decompositions {
    private Decompositions() {}

    /** The numbers of {@code reduction}. */
    private static final int NONE = 0, MEAN = 1;

    private static final OperatorLibrary LIBRARY = OperatorLibrary.open("aten");

    static {
        rule("nll_loss_forward", Decompositions::labelLoss);
        rule("nll_loss2d_forward", Decompositions::labelLoss);
        rule("nll_loss_backward", Decompositions::labelLossGradient);
        rule("nll_loss2d_backward", Decompositions::labelLossGradient);
        rule("mse_loss_backward", a -> difference(a).mul(scale(a).mul(2)));
        rule("smooth_l1_loss_backward", a -> {
            Tensor d = difference(a), scale = scale(a);
            double beta = a.real("beta");
            return Aten.where(d.abs().lt(beta), d.div(beta).mul(scale), d.sign().mul(scale));
        });
        rule("huber_loss_backward", a -> difference(a).clamp(-a.real("delta"), a.real("delta")).mul(scale(a)));
        rule("addr", a -> {
            Tensor outer = a.tensor("vec1").outer(a.tensor("vec2")).mul(a.number("alpha"));
            Number beta = a.number("beta");
            return beta.doubleValue() == 0 ? outer : a.tensor("self").mul(beta).add(outer);
        });
        rule("requires_grad_", a -> {
            throw new IllegalStateException("vmap: a tensor inside cannot begin to require gradients; map grad(f), or call requiresGrad_ "
                    + "on the tensors before");
        });
    }

    private static void rule(String operator, OperatorLibrary.Kernel kernel) {
        LIBRARY.implement(operator, DispatchKey.FUNC_TORCH_BATCHED, kernel);
    }

    /** Registers the rules, once. */
    static void register() {
        // loading this class has done so
    }

    private static Tensor difference(OperatorArguments a) { return a.tensor("self").sub(a.tensor("target")); }

    /** The gradient of the loss, for each element of the loss before its reduction. */
    private static Tensor scale(OperatorArguments a) {
        Tensor g = a.tensor("grad_output");
        return a.integer("reduction") == MEAN ? g.div((double) a.tensor("self").numel()) : g;
    }

    private static List<Tensor> labelLoss(OperatorArguments a) {
        Tensor self = a.tensor("self"), target = a.tensor("target"), weight = a.optionalTensor("weight");
        long ignored = a.integer("ignore_index"), reduction = a.integer("reduction");
        int classes = self.dim() < 2 ? 0 : 1;
        Tensor counts = target.ne(ignored), index = Aten.where(counts, target, 0L).unsqueeze(classes);
        Tensor w = weight == null ? null : shaped(weight, self.dim(), classes);
        Tensor picked = Aten.where(counts, (w == null ? self : self.mul(w)).gather(classes, index).squeeze(classes).neg(), 0.0);
        if (reduction == NONE && self.dim() > 1) return List.of(picked, Aten.newZeros(self, new long[0]));
        Tensor total = w == null ? counts.sum().to(self.dtype())
                : Aten.where(counts, w.expand(self.shape()).gather(classes, index).squeeze(classes), 0.0).sum();
        if (reduction == NONE) return List.of(picked, total);
        Tensor sum = picked.sum();
        return List.of(reduction == MEAN ? sum.div(total) : sum, total);
    }

    private static Tensor labelLossGradient(OperatorArguments a) {
        Tensor self = a.tensor("self"), target = a.tensor("target"), weight = a.optionalTensor("weight"), g = a.tensor("grad_output");
        int classes = self.dim() < 2 ? 0 : 1;
        if (a.integer("reduction") == MEAN) g = g.div(a.tensor("total_weight"));
        Tensor labels = target.unsqueeze(classes), counts = labels.ne(a.integer("ignore_index"));
        Tensor picked = Aten.zerosLike(self).scatter(classes, Aten.where(counts, labels, 0L), -1.0);
        if (self.dim() > g.dim() && g.dim() > 0) g = g.unsqueeze(classes);
        if (weight != null) g = g.mul(shaped(weight, self.dim(), classes));
        return picked.mul(Aten.where(counts, g, 0.0));
    }

    /** Returns the weights of the classes in the shape that broadcasts along the dimension of the classes. */
    private static Tensor shaped(Tensor weight, long rank, int classes) {
        var shape = new long[(int) rank];
        Arrays.fill(shape, 1);
        shape[classes] = weight.size(0);
        return weight.reshape(shape);
    }
}
