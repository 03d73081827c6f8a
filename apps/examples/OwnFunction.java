import java.util.List;
import panatorch.*;

// An operation of one's own, with its derivative written in Java: swish(x) = x · sigmoid(x).
//
// forward computes without a graph and saves what backward needs; here that is x alone, where the same formula out of
// operators would keep sigmoid(x), too. Checks the derivative against finite differences and against libtorch's own silu.

void main() {
    Torch.manualSeed(0);
    try (var scope = Scope.open()) {
        Tensor x = Torch.linspace(-4, 4, 9).requiresGrad_(true);
        new Swish().apply(x).sum().backward();
        Tensor ours = x.grad().clone();
        x.setGrad(null);
        Aten.silu(x).sum().backward();
        IO.println("gradient of swish: " + ours);
        IO.println("greatest difference from silu: " + ours.sub(x.grad()).abs().max().itemFloat());

        // Numerically, in float64: an exception says where the derivative is wrong.
        Tensor wide = Torch.randn(DType.FLOAT64, 3, 4).requiresGrad_(true);
        GradCheck.DEFAULT.gradcheck(in -> List.of(new Swish().apply(in.getFirst())), List.of(wide));
        IO.println("the derivative agrees with finite differences");

        // backward computes with operators, so that second derivatives exist as well.
        GradCheck.DEFAULT.gradgradcheck(in -> List.of(new Swish().apply(in.getFirst())), List.of(wide));
        IO.println("and so does its own derivative");
    }
}

static final class Swish extends Function {
    @Override protected List<Tensor> forward(Context context, List<Tensor> inputs) {
        Tensor x = inputs.getFirst();
        context.save(x);
        return List.of(x.mul(x.sigmoid()));
    }

    /** d/dx x·s(x) = s(x) · (1 + x · (1 − s(x))), times the gradient of the output. */
    @Override protected List<Tensor> backward(Context context, List<Tensor> gradients) {
        Tensor x = context.saved().getFirst(), s = x.sigmoid();
        return List.of(gradients.getFirst().mul(s).mul(x.mul(s.rsub(1)).add(1)));
    }
}
