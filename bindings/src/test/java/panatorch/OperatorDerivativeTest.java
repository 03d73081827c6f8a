package panatorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class OperatorDerivativeTest {
    private static Tensor leaf(double... values) { return Torch.tensor(values).requiresGrad_(true); }

    /** ∂/∂x (x + s·y) is the gradient, ∂/∂y it times s. */
    @Test void an_operator_has_the_derivative_it_was_given() {
        try (var scope = Scope.open(); var library = OperatorLibrary.open("formulas")) {
            library.define("scaled_add(Tensor x, Tensor y, float scale=1.0) -> Tensor");
            library.implement("scaled_add", Device.Type.CPU, a -> a.tensor("x").add(a.tensor("y").mul(a.real("scale"))));
            library.differentiate("scaled_add", (context, a, g) -> List.of(g.getFirst(), g.getFirst().mul(a.real("scale"))));
            Tensor x = leaf(1, 2), y = leaf(3, 4);
            Tensor sum = (Tensor) Operators.call("formulas::scaled_add", x, y, 10.0).getFirst();
            assertThat(sum.toDoubleArray()).containsExactly(31, 42);
            sum.mul(sum).sum().backward();
            assertThat(x.grad().toDoubleArray()).containsExactly(62, 84);
            assertThat(y.grad().toDoubleArray()).containsExactly(620, 840);
            try (var off = NoGrad.enter()) {
                assertThat(((Tensor) Operators.call("formulas::scaled_add", x, y).getFirst()).requiresGrad()).isFalse();
            }
        }
    }

    @Test void a_derivative_uses_what_it_saved_and_is_differentiated_in_turn() {
        try (var scope = Scope.open(); var library = OperatorLibrary.open("formulas")) {
            library.define("weighted(Tensor[] xs, Tensor? w=None) -> (Tensor, Tensor)");
            library.implement("weighted", Device.Type.CPU, a -> {
                Tensor product = a.tensors("xs").get(0).mul(a.tensors("xs").get(1));
                return List.of(a.has("w") ? product.mul(a.tensor("w")) : product, a.tensors("xs").get(0).exp());
            });
            library.differentiate("weighted", new OperatorDerivative() {
                @Override public List<Tensor> save(OperatorArguments a, List<Tensor> results) {
                    return List.of(a.tensors("xs").get(0), a.tensors("xs").get(1), results.get(1));
                }

                @Override public List<Tensor> backward(Function.Context context, OperatorArguments a, List<Tensor> g) {
                    var saved = context.saved();
                    return List.of(g.get(0).mul(saved.get(1)).add(g.get(1).mul(saved.get(2))), g.get(0).mul(saved.get(0)));
                }
            });
            GradCheck.DEFAULT.gradcheck(in -> tensors(Operators.call("formulas::weighted", List.copyOf(in))),
                    List.of(leaf(0.5, -1), leaf(2, 3)));
            GradCheck.DEFAULT.gradgradcheck(in -> tensors(Operators.call("formulas::weighted", List.copyOf(in))),
                    List.of(leaf(0.5, -1), leaf(2, 3)));
        }
    }

    private static List<Tensor> tensors(List<Object> results) { return results.stream().map(Tensor.class::cast).toList(); }

    @Test void what_a_derivative_throws_reaches_the_caller_as_it_was_and_what_has_none_is_refused() {
        try (var scope = Scope.open(); var library = OperatorLibrary.open("formulas")) {
            library.define("twice(Tensor x) -> Tensor").implement("twice", Device.Type.CPU, a -> a.tensor("x").mul(2));
            var mine = new IllegalStateException("mine");
            library.differentiate("twice", (context, a, g) -> { throw mine; });
            Tensor y = (Tensor) Operators.call("formulas::twice", leaf(1)).getFirst();
            assertThatThrownBy(y::backward).isSameAs(mine);
            library.define("count(Tensor x) -> int").define("fill_(Tensor(a!) x) -> Tensor(a!)");
            assertThatThrownBy(() -> library.differentiate("count", (context, a, g) -> List.of()))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("int");
            assertThatThrownBy(() -> library.differentiate("fill_", (context, a, g) -> List.of()))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("writes to its arguments");
        }
    }
}
