package panatorch.internal.calls;

import java.util.List;
import panatorch.internal.libtorch.DispatcherStack;

/** An operator that is looked up once and called often. */
public abstract class PreparedOperator {
    protected PreparedOperator() {}

    /**
     * A parameter.
     *
     * @param type type as the schema writes it: {@code Tensor}, {@code int[]}, {@code Scalar?}
     * @param length length to which a single number given for a list is repeated; 0 if there is none
     * @param standard address of the default value, 0 if the argument is required; valid as long as the operator
     * @param keyword whether Python takes the argument by its name only
     */
    public record Parameter(String name, String type, int length, long standard, boolean keyword) {
        public boolean optional() { return type.endsWith("?"); }

        /** Returns the type without the question mark of an optional one. */
        public String plain() {
            return optional() ? type.substring(0, type.length() - 1) : type;
        }
    }

    /**
     * The Java side of a call.
     *
     * @param <F> what the caller passes through
     */
    public interface Step<F> {
        /** Pushes all arguments in schema order; the stack owns the references. */
        void push(F frame, DispatcherStack stack);

        /** Takes results off the stack. The others are released. */
        void take(F frame, DispatcherStack stack);
    }

    /** Returns the name with the overload. */
    public abstract String name();

    public abstract List<Parameter> parameters();

    /** Returns the types of the results as the schema writes them. */
    public abstract List<String> results();

    /** Returns whether the operator writes to arguments. */
    public abstract boolean changesArguments();

    /** Returns whether results may share memory with arguments, as the schema says. */
    public abstract boolean sharesArguments();

    /** Returns whether the shape of a result depends on the values of arguments, or a result is such a value. */
    public abstract boolean dependsOnValues();

    /**
     * Calls the operator, as {@code Operators.call} does.
     *
     * @throws RuntimeException a {@code TorchException} for an error of libtorch, after which no argument is on the stack any more
     */
    public abstract <F> void call(F frame, Step<F> step);
}
