package panatorch;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The derivative of an operator whose results are tensors; see {@link OperatorLibrary#differentiate}. If it needs tensors of the call,
 * {@link #save} returns them:
 *
 * <pre>{@code
 * library.differentiate("square", new OperatorDerivative() {
 *     public List<Tensor> save(OperatorArguments a, List<Tensor> results) { return List.of(a.tensor("x")); }
 *
 *     public List<Tensor> backward(Function.Context context, OperatorArguments a, List<Tensor> g) {
 *         return List.of(g.getFirst().mul(context.saved().getFirst()).mul(2));
 *     }
 * });
 * }</pre>
 */
public interface OperatorDerivative {
    /** Returns the tensors that {@link #backward} needs: arguments, results, or others. {@link Function.Context#saved} hands them to it. */
    default List<Tensor> save(OperatorArguments arguments, List<Tensor> results) {
        return List.of();
    }

    /**
     * Computes the gradients of the operator's tensor arguments, as {@link Function#backward} does.
     *
     * @param arguments the arguments of the operator's call; their tensors are closed by now
     * @param gradients one for each result
     * @return a gradient for each tensor among the arguments in schema order, including those in lists, but not those that are none; null
     * means zeros
     */
    List<? extends @Nullable Tensor> backward(Function.Context context, OperatorArguments arguments, List<Tensor> gradients);

    /** One call of an operator. */
    final class Call extends Function {
        private final Operator operator;
        private final OperatorArguments arguments;
        private final OperatorDerivative derivative;

        private Call(Operator operator, OperatorArguments arguments, OperatorDerivative derivative) {
            this.operator = operator;
            this.arguments = arguments;
            this.derivative = derivative;
        }

        static OperatorLibrary.Kernel kernel(Operator operator, OperatorDerivative derivative) {
            boolean one = operator.schema().results().size() == 1;
            return arguments -> {
                var results = new Call(operator, arguments, derivative).applyAll(tensors(arguments));
                return one ? results.getFirst() : results;
            };
        }

        private static List<Tensor> tensors(OperatorArguments arguments) {
            var all = new ArrayList<Tensor>();
            for (Object a : arguments.all()) {
                if (a instanceof Tensor t) all.add(t);
                else if (a instanceof List<?> list) for (Object e : list) if (e instanceof Tensor t) all.add(t);
            }
            return all;
        }

        @Override protected List<Tensor> forward(Context context, List<Tensor> inputs) {
            var results = new ArrayList<Tensor>();
            try (var devices = BelowAutograd.enter()) {
                for (Object r : Operators.call(operator.qualified(), arguments.all().toArray())) results.add((Tensor) r);
            }
            var saved = derivative.save(arguments, results);
            if (!saved.isEmpty()) context.save(saved.toArray(Tensor[]::new));
            return results;
        }

        @Override protected List<? extends @Nullable Tensor> backward(Context context, List<Tensor> gradients) {
            return derivative.backward(context, arguments, gradients);
        }
    }
}
