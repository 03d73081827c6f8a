package panatorch;

import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import panatorch.internal.libtorch.DispatcherStack;
import panatorch.internal.libtorch.NativeLists;
import panatorch.internal.libtorch.Tag;

/**
 * Lets an operator write its results to existing tensors, as Python's {@code out=} does, so that memory is reused instead of allocated.
 * This works with every generated method whose operator has an {@code out=} overload in libtorch. Create the arguments of the operator
 * before, since creating a tensor is an operator call, too.
 *
 * <pre>{@code
 * Out.into(sum, () -> x.add(y));                            // torch.add(x, y, out=sum)
 * Out.into(List.of(values, indices), () -> x.max(1));       // torch.max(x, 1, out=(values, indices))
 * }</pre>
 *
 * <p>
 * libtorch's rules hold. A tensor of another shape is resized, with a warning unless it has no elements. The result's type must be
 * convertible to the tensor's. Nothing may be recorded for {@code backward}. A violation is a {@link TorchException}. The tensors then keep
 * their contents, but if the operator fails half-way, their contents are undefined.
 */
public final class Out {
    private final List<Tensor> tensors;
    private @Nullable Operator called;

    private Out(List<Tensor> tensors) { this.tensors = tensors; }

    /**
     * Runs {@code call}, which calls one operator that makes one tensor, and writes that result to {@code out}.
     *
     * @return the result of {@code call}, in which the operator's result is {@code out} itself
     * @throws IllegalArgumentException if the operator has no {@code out=} overload, or one for another number of tensors
     * @throws IllegalStateException if {@code call} calls no operator, or a second one, which is not run
     */
    public static <R> R into(Tensor out, Supplier<R> call) { return into(List.of(out), call); }

    /**
     * Writes the results of an operator with several results, or with a list of tensors as its result, to {@code out} in their order. See
     * {@link #into(Tensor, Supplier)}.
     */
    public static <R> R into(List<Tensor> out, Supplier<R> call) {
        if (out.isEmpty()) throw new IllegalArgumentException("the list of out tensors is empty");
        var into = new Out(List.copyOf(out));
        ThreadContext c = ThreadContext.current();
        Out outer = c.out;
        c.out = into;
        try {
            R result = call.get();
            if (into.called == null) throw new IllegalStateException("the code that was passed to Out.into called no operator");
            return result;
        } finally {
            c.out = outer;
        }
    }

    List<Tensor> tensors() { return tensors; }

    /** Converts {@code op}'s arguments, which are on the stack, to those of the {@code out=} overload, and returns that overload. */
    Operator arguments(Operator op, DispatcherStack stack) {
        if (called != null)
            throw new IllegalStateException(
                    "Out.into writes the results of one operator, but " + op.qualified() + " was called after " + called.qualified()
                            + "; compute its other arguments before");
        var variant = op.variant();
        if (variant == null)
            throw new IllegalArgumentException(op.qualified()
                    + " cannot write to out tensors: libtorch has no out= overload with these arguments, or it was called by name. "
                    + "If it computes "
                    + "an argument of another operator, call it before Out.into");
        Operator writing = variant.operator();
        if (variant.made() >= 0) dropMade(variant, stack);
        var outs = writing.schema().parameters().subList(stack.size(), writing.schema().parameters().size());
        boolean list = outs.getFirst().type().equals("Tensor[]");
        if (!list && outs.size() != tensors.size())
            throw new IllegalArgumentException(
                    writing.qualified() + " needs " + outs.size() + " out tensors, "
                            + outs.stream().map(OperatorSchema.Parameter::name).toList() + ", not " + tensors.size());
        long object = list ? NativeLists.tensors(tensors.size()) : 0;
        if (list) stack.push(Tag.LIST, object);
        for (Tensor t : tensors) {
            long impl = t.retained(ThreadContext.current());
            if (impl == 0) throw t.closedError("an out tensor of " + writing.qualified());
            if (list) NativeLists.append(object, Tag.TENSOR, impl);
            else stack.push(Tag.TENSOR, impl);
        }
        called = op;
        return writing;
    }

    /**
     * Drops the arguments for the type, layout and device of a new tensor: the out tensor has its own, and the arguments must agree or be
     * absent.
     */
    private void dropMade(Operator.Variant variant, DispatcherStack stack) {
        int at = variant.made();
        Tensor t = tensors.getFirst();
        long device = t.device().payload(), current = device | 0xff00;
        String other =
                differs(stack, at, variant.dtype(), t.dtype().code()) ? "dtype" : differs(stack, at + 1, -1, t.layout().code()) ? "layout"
                        : differs(stack, at + 2, current, device) ? "device" : differs(stack, at + 3, 0, 0) ? "memory, pinned," : "";
        if (!other.isEmpty())
            throw new IllegalArgumentException(variant.operator().qualified() + " was asked for another " + other
                    + " than that of the out tensor, " + t.describe());
        stack.remove(at, 4);
    }

    private static boolean differs(DispatcherStack stack, int at, long allowed, long own) {
        return stack.tag(at) != Tag.NONE && stack.payload(at) != allowed && stack.payload(at) != own;
    }
}
