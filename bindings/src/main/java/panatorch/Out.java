package panatorch;

import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import panatorch.internal.libtorch.DispatcherStack;
import panatorch.internal.libtorch.NativeLists;
import panatorch.internal.libtorch.Tag;

/**
 * Lets an operator write its results to tensors that are there already, as Python's {@code out=} does: memory is used again instead of
 * allocated. Every generated method works so whose operator has an {@code out=} overload in libtorch. Its arguments are made before, since
 * making a tensor is calling an operator, too.
 *
 * <pre>{@code
 * Out.into(sum, () -> x.add(y));                            // torch.add(x, y, out=sum)
 * Out.into(List.of(values, indices), () -> x.max(1));       // torch.max(x, 1, out=(values, indices))
 * }</pre>
 *
 * <p>
 * libtorch's rules hold: a tensor of another shape is resized, with a warning unless it has no elements; its type must be one that the
 * result's converts to; nothing may be recorded for {@code backward}. It says so by {@link TorchException}s, after which the tensors hold
 * what they held, or, where the operator fails half-way, anything.
 */
public final class Out {
    private final List<Tensor> tensors;
    private @Nullable Operator called;

    private Out(List<Tensor> tensors) { this.tensors = tensors; }

    /**
     * Calls {@code call}, which has one operator make one tensor, and writes that to {@code out}.
     *
     * @return what {@code call} returns; the operator's result in it is {@code out} itself
     * @throws IllegalArgumentException if the operator has no {@code out=} overload, or one for another number of tensors
     * @throws IllegalStateException if {@code call} calls no operator, or a second one, which is not run
     */
    public static <R> R into(Tensor out, Supplier<R> call) { return into(List.of(out), call); }

    /** {@link #into(Tensor, Supplier)} for an operator of several results, or one of a list of tensors: {@code out} in their order. */
    public static <R> R into(List<Tensor> out, Supplier<R> call) {
        if (out.isEmpty()) throw new IllegalArgumentException("no out tensors");
        var into = new Out(List.copyOf(out));
        ThreadContext c = ThreadContext.current();
        Out outer = c.out;
        c.out = into;
        try {
            R result = call.get();
            if (into.called == null) throw new IllegalStateException("no operator was called that could write to the out tensors");
            return result;
        } finally {
            c.out = outer;
        }
    }

    List<Tensor> tensors() { return tensors; }

    /** Turns {@code op}'s arguments, which are on the stack, to those of the overload that is returned. */
    Operator arguments(Operator op, DispatcherStack stack) {
        if (called != null)
            throw new IllegalStateException(
                    op.qualified() + " would be the second operator to write to the same tensors, after " + called.qualified());
        var variant = op.variant();
        if (variant == null)
            throw new IllegalArgumentException(op.qualified()
                    + " cannot write to given tensors: libtorch has no out= overload of these arguments, or it was called by name; if it "
                    + "makes an argument of the operator that is meant, call it before");
        Operator writing = variant.operator();
        if (variant.made() >= 0) dropMade(variant, stack);
        var outs = writing.schema().parameters().subList(stack.size(), writing.schema().parameters().size());
        boolean list = outs.getFirst().type().equals("Tensor[]");
        if (!list && outs.size() != tensors.size())
            throw new IllegalArgumentException(
                    writing.qualified() + " writes to " + outs.size() + " tensors, "
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

    /** An out tensor has a type, layout and device of its own: the arguments say the same, or nothing. */
    private void dropMade(Operator.Variant variant, DispatcherStack stack) {
        int at = variant.made();
        Tensor t = tensors.getFirst();
        long device = t.device().payload(), current = device | 0xff00;
        String other =
                differs(stack, at, variant.dtype(), t.dtype().code()) ? "dtype" : differs(stack, at + 1, -1, t.layout().code()) ? "layout"
                        : differs(stack, at + 2, current, device) ? "device" : differs(stack, at + 3, 0, 0) ? "memory, pinned," : "";
        if (!other.isEmpty())
            throw new IllegalArgumentException(variant.operator().qualified() + " is to make a tensor of another " + other
                    + " than the out tensor has, " + t.describe());
        stack.remove(at, 4);
    }

    private static boolean differs(DispatcherStack stack, int at, long allowed, long own) {
        return stack.tag(at) != Tag.NONE && stack.payload(at) != allowed && stack.payload(at) != own;
    }
}
