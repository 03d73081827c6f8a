package panatorch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.jspecify.annotations.Nullable;
import panatorch.internal.libtorch.Memory;
import panatorch.internal.libtorch.NativeLists;
import panatorch.internal.libtorch.References;
import panatorch.internal.libtorch.Tag;

/**
 * One call of an operator: {@link #begin}, an argument after the other in schema order, a {@code run…} method, and where that
 * is plain {@link #run}, the results and {@link #end}. Whatever fails on the way leaves an empty stack behind.
 */
final class Call extends Arguments {
    private static final ConcurrentLinkedDeque<Call> POOL = new ConcurrentLinkedDeque<>();

    private boolean busy, inside;
    /** The caller's tensors that the results are, or null. */
    private @Nullable List<Tensor> out;

    /** This thread's call, or, while that one runs or on a virtual thread, one of the pool. */
    static Call begin(Operator operator) {
        ThreadContext context = ThreadContext.current();
        context.caller.enter();
        Call call = prepare(operator, context);
        call.inside = true;
        call.watching = context.caller.mayBeginTraining();
        if (operator.trains()) context.caller.trains();
        return call;
    }

    /** A call that runs no operator, but takes its arguments or results from somewhere else. */
    static Call moving(@Nullable Operator operator) { return prepare(operator, ThreadContext.current()); }

    private static Call prepare(@Nullable Operator operator, ThreadContext context) {
        Call call = context.call();
        if (call == null || call.busy) call = pooled();
        call.context = context;
        call.operator = operator;
        call.nones = 0;
        call.watching = false;
        call.busy = true;
        return call;
    }

    static Call pooled() {
        Call call = POOL.poll();
        return call != null ? call : new Call();
    }

    static void giveBack(Call call) { POOL.push(call); }

    /** A call that runs no operator, to {@link #release} references. */
    static Call releasing() { return moving(null); }

    private void done() {
        if (spare.inUse()) spare.empty(stack);
        busy = false;
        out = null;
        ThreadContext c = context();
        context = null;
        boolean wasInside = inside;
        inside = false;
        if (c.call() != this) giveBack(this);
        if (wasInside) c.caller.leave();
    }

    @Override <E extends RuntimeException> E abort(E error) {
        stack.release();
        done();
        return error;
    }

    /** Calls the operator. */
    void run() {
        ThreadContext c = context();
        Out into = c.out;
        if (into != null) runInto(into, c);
        else invoke(c);
    }

    /** Calls the operator's variant that writes to given tensors. The stack is empty then; the results are those tensors. */
    private void runInto(Out into, ThreadContext c) {
        try {
            operator = into.arguments(Objects.requireNonNull(operator), stack);
        } catch (RuntimeException e) {
            throw abort(e);
        }
        c.out = null; // the operators of a Java hook that runs meanwhile write to tensors of their own
        try {
            invoke(c);
        } finally {
            c.out = into;
        }
        stack.release();
        out = into.tensors();
    }

    private void invoke(ThreadContext c) {
        Throwable failure = Invocation.of(Objects.requireNonNull(operator), stack, c, nones);
        if (failure == null) return;
        stack.release();
        done();
        throw Upcalls.unchanged(failure);
    }

    void runVoid() {
        run();
        end();
    }

    Tensor runTensor() {
        run();
        if (out != null) return written(out.getFirst());
        long impl = stack.payload(0);
        stack.forget();
        ThreadContext c = context();
        Operator op = Objects.requireNonNull(operator); // another thread's as soon as this call is back in the pool
        done();
        if (References.isUndefinedTensor(impl)) throw new TorchException(op.qualified(), op.qualified() + " returned an undefined tensor.", null);
        return made(c.adopt(impl), op);
    }

    private static Tensor made(Tensor t, @Nullable Operator by) { return AnomalyMode.on ? AnomalyMode.made(t, Objects.requireNonNull(by)) : t; }

    private Tensor written(Tensor t) {
        done();
        return t;
    }

    /** For an operator that returns its own argument: that one, not another handle to it. */
    Tensor runInPlace(Tensor self) {
        run();
        References.releaseShared(stack.payload(0));
        stack.forget();
        Operator op = operator;
        done();
        return made(self, op);
    }

    int resultCount() { return stack.size(); }

    int resultTag(int i) { return stack.tag(i); }

    /** Result i; an undefined tensor (a gradient nobody asked for) is null. */
    @SuppressWarnings("NullAway")
    Tensor takeTensor(int i) {
        if (out != null) return out.get(i);
        long impl = stack.take(i);
        return References.isUndefinedTensor(impl) ? null : made(context().adopt(impl), operator);
    }

    List<Tensor> takeTensors(int i) {
        if (out != null) return out;
        long list = stack.payload(i);
        var tensors = new Tensor[NativeLists.size(list)];
        for (int k = 0; k < tensors.length; k++) {
            long impl = NativeLists.payload(list, k);
            if (NativeLists.tag(list, k) == Tag.NONE || References.isUndefinedTensor(impl)) continue;
            References.retain(impl);
            tensors[k] = made(context().adopt(impl), operator);
        }
        return Arrays.asList(tensors);
    }

    /** A list of tensors or of numbers. */
    List<?> takeList(int i) {
        long list = stack.payload(i);
        int n = NativeLists.size(list);
        if (n == 0 || NativeLists.tag(list, 0) == Tag.TENSOR || NativeLists.tag(list, 0) == Tag.NONE) return takeTensors(i);
        var values = new ArrayList<Object>();
        for (int k = 0; k < n; k++) {
            long payload = NativeLists.payload(list, k);
            int tag = NativeLists.tag(list, k);
            if (tag == Tag.DOUBLE) values.add(Double.longBitsToDouble(payload));
            else if (tag == Tag.BOOL) values.add((payload & 0xff) != 0);
            else if (tag == Tag.COMPLEX) values.add(complex(payload));
            else if (tag == Tag.STRING) values.add(NativeLists.string(payload));
            else if (Tag.plain(tag)) values.add(payload);
            else {
                References.retain(payload);
                values.add(new NativeObject(tag, payload));
            }
        }
        return values;
    }

    private static Complex complex(long payload) { return new Complex(Memory.getDouble(payload + 16), Memory.getDouble(payload + 24)); }

    long takeLong(int i) { return stack.payload(i); }

    double takeDouble(int i) { return Double.longBitsToDouble(stack.payload(i)); }

    boolean takeBoolean(int i) { return (stack.payload(i) & 0xff) != 0; }

    /** A {@code Long}, {@code Double} or {@link Complex}; a truth value is 1 or 0. */
    Number takeNumber(int i) {
        int tag = stack.tag(i);
        if (tag == Tag.DOUBLE) return takeDouble(i);
        if (tag == Tag.BOOL) return takeBoolean(i) ? 1L : 0L;
        if (tag == Tag.COMPLEX) return complex(stack.payload(i));
        return takeLong(i);
    }

    String takeString(int i) { return NativeLists.string(stack.payload(i)); }

    Generator takeGenerator(int i) { return new Generator(stack.take(i)); }

    Device takeDevice(int i) { return Device.ofPayload(stack.payload(i)); }

    DType takeDType(int i) { return DType.ofCode((int) takeLong(i)); }

    NativeObject takeObject(int i) {
        int tag = stack.tag(i);
        return new NativeObject(tag, stack.take(i));
    }

    /** Gives back the results that were not taken. */
    void end() {
        boolean counted = false;
        for (int i = 0; i < stack.size(); i++) counted |= !Tag.plain(stack.tag(i));
        if (counted) stack.release();
        else stack.forget();
        done();
    }

    /** Gives back the reference to a counted object, many of them in few native calls; ended by {@link #end}. */
    void release(int tag, long object) {
        if (stack.full()) stack.release();
        stack.push(tag, object);
    }
}
