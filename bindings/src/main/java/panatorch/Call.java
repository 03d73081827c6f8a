package panatorch;

import java.lang.ref.Reference;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.function.LongSupplier;
import org.bytedeco.pytorch.DoubleComplex;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Scalar;
import org.jspecify.annotations.Nullable;
import panatorch.internal.libtorch.DispatcherStack;
import panatorch.internal.libtorch.Memory;
import panatorch.internal.libtorch.NativeLists;
import panatorch.internal.libtorch.References;
import panatorch.internal.libtorch.Tag;

/**
 * One call of an operator: {@link #begin}, an argument after the other in schema order, a {@code run…} method, and where that
 * is plain {@link #run}, the results and {@link #end}. Whatever fails on the way leaves an empty stack behind.
 */
final class Call {
    private static final ConcurrentLinkedDeque<Call> POOL = new ConcurrentLinkedDeque<>();

    private final DispatcherStack stack = new DispatcherStack();
    private @Nullable ThreadContext context;
    private @Nullable Operator operator;
    private boolean busy;

    /** This thread's call, or, while that one runs or on a virtual thread, one of the pool. */
    static Call begin(@Nullable Operator operator) {
        ThreadContext context = ThreadContext.current();
        Call call = context.call();
        if (call == null || call.busy) call = pooled();
        call.context = context;
        call.operator = operator;
        call.busy = true;
        return call;
    }

    static Call pooled() {
        Call call = POOL.poll();
        return call != null ? call : new Call();
    }

    static void giveBack(Call call) { POOL.push(call); }

    /** A call that runs no operator, to {@link #release} references. */
    static Call releasing() { return begin(null); }

    private ThreadContext context() { return Objects.requireNonNull(context); }

    private void done() {
        busy = false;
        ThreadContext c = context();
        context = null;
        if (c.call() != this) giveBack(this);
    }

    /** Gives back what was pushed, and the error to be thrown. */
    private <E extends RuntimeException> E abort(E error) {
        stack.release();
        done();
        return error;
    }

    private <T> T present(@Nullable T value) {
        if (value == null) throw abort(new NullPointerException("argument '" + argumentName() + "' of " + name() + " is null"));
        return value;
    }

    private String argumentName() {
        var parameters = Objects.requireNonNull(operator).schema().parameters();
        return stack.size() < parameters.size() ? parameters.get(stack.size()).name() : "?";
    }

    private String name() { return Objects.requireNonNull(operator).qualified(); }

    private long impl(Tensor t) {
        long impl = t.implOrZero();
        if (impl == 0) throw abort(t.closedError("argument '" + argumentName() + "' of " + name()));
        return impl;
    }

    void tensor(Tensor t) {
        stack.pushShared(Tag.TENSOR, impl(present(t)));
        Reference.reachabilityFence(t); // an unscoped tensor's own reference must last until ours is taken
    }

    void optionalTensor(@Nullable Tensor t) {
        if (t == null) none();
        else tensor(t);
    }

    void tensors(List<? extends Tensor> list) {
        long object = NativeLists.tensors(present(list).size());
        fill(object, list, false);
    }

    void optionalTensors(List<? extends @Nullable Tensor> list) {
        long object = NativeLists.optionalTensors(present(list).size());
        fill(object, list, true);
    }

    private void fill(long object, List<? extends @Nullable Tensor> list, boolean optional) {
        stack.push(Tag.LIST, object);
        for (int i = 0; i < list.size(); i++) {
            Tensor t = list.get(i);
            if (t == null && !optional) throw abort(new NullPointerException("element " + i + " of a list argument of " + name() + " is null"));
            long impl = t == null ? 0 : t.implOrZero();
            if (t != null && impl == 0) throw abort(t.closedError("element " + i + " of a list argument of " + name()));
            if (t != null) References.retain(impl);
            NativeLists.append(object, t == null ? Tag.NONE : Tag.TENSOR, impl);
            Reference.reachabilityFence(t);
        }
    }

    void none() { stack.push(Tag.NONE, 0); }

    void integer(long v) { stack.push(Tag.INT, v); }

    void optionalInteger(@Nullable Long v) {
        if (v == null) none();
        else integer(v);
    }

    void real(double v) { stack.push(Tag.DOUBLE, Double.doubleToRawLongBits(v)); }

    void optionalReal(@Nullable Double v) {
        if (v == null) none();
        else real(v);
    }

    void bool(boolean v) { stack.push(Tag.BOOL, v ? 1 : 0); }

    void optionalBool(@Nullable Boolean v) {
        if (v == null) none();
        else bool(v);
    }

    void scalar(Number v) {
        switch (present(v)) {
            case Double d -> real(d);
            case Float f -> real(f);
            case Complex c -> stack.push(Tag.COMPLEX, complex(c));
            default -> integer(v.longValue());
        }
    }

    void optionalScalar(@Nullable Number v) {
        if (v == null) none();
        else scalar(v);
    }

    private static long complex(Complex c) {
        try (var number = new DoubleComplex(c.real(), c.imaginary()); var scalar = new Scalar(number); var value = new IValue(scalar)) {
            long object = Memory.getLong(value.address());
            References.retain(object);
            return object;
        }
    }

    void scalars(List<? extends Number> list) {
        long object = NativeLists.scalars(present(list).size());
        stack.push(Tag.LIST, object);
        int i = 0;
        for (Number v : list) {
            switch (v) {
                case null -> throw abort(new NullPointerException("element " + i + " of a list argument of " + name() + " is null"));
                case Double d -> NativeLists.append(object, Tag.DOUBLE, Double.doubleToRawLongBits(d));
                case Float f -> NativeLists.append(object, Tag.DOUBLE, Double.doubleToRawLongBits(f));
                case Complex c -> NativeLists.append(object, Tag.COMPLEX, complex(c));
                default -> NativeLists.append(object, Tag.INT, v.longValue());
            }
            i++;
        }
    }

    void integers(long[] v) { stack.push(Tag.LIST, NativeLists.of(present(v))); }

    void optionalIntegers(long @Nullable [] v) {
        if (v == null) none();
        else integers(v);
    }

    void reals(double[] v) { stack.push(Tag.LIST, NativeLists.of(present(v))); }

    void optionalReals(double @Nullable [] v) {
        if (v == null) none();
        else reals(v);
    }

    void bools(boolean[] v) { stack.push(Tag.LIST, NativeLists.of(present(v))); }

    void string(String v) { stack.push(Tag.STRING, NativeLists.of(present(v))); }

    void optionalString(@Nullable String v) {
        if (v == null) none();
        else string(v);
    }

    void dtype(DType v) { integer(present(v).code()); }

    void optionalDtype(@Nullable DType v) {
        if (v == null) none();
        else dtype(v);
    }

    void layout(Layout v) { integer(present(v).code()); }

    void optionalLayout(@Nullable Layout v) {
        if (v == null) none();
        else layout(v);
    }

    void memoryFormat(MemoryFormat v) { integer(present(v).code()); }

    void optionalMemoryFormat(@Nullable MemoryFormat v) {
        if (v == null) none();
        else memoryFormat(v);
    }

    void device(Device v) { stack.push(Tag.DEVICE, present(v).payload()); }

    void optionalDevice(@Nullable Device v) {
        if (v == null) none();
        else device(v);
    }

    void optionalGenerator(@Nullable Generator v) {
        if (v == null) none();
        else stack.pushShared(Tag.GENERATOR, opened(v::object));
    }

    void object(NativeObject v) { stack.pushShared(present(v).tag(), opened(v::object)); }

    private long opened(LongSupplier object) {
        try {
            return object.getAsLong();
        } catch (IllegalStateException e) {
            throw abort(e);
        }
    }

    void objects(List<NativeObject> list) {
        String type = Objects.requireNonNull(operator).schema().parameters().get(stack.size()).plain();
        long object = NativeLists.objects(type, present(list).size());
        stack.push(Tag.LIST, object);
        for (NativeObject v : list) {
            long element = opened(present(v)::object);
            References.retain(element);
            NativeLists.append(object, v.tag(), element);
        }
    }

    /** Calls the operator. */
    void run() {
        Operator op = Objects.requireNonNull(operator);
        try {
            OperatorHandle handle = op.handle();
            var modes = context().modes;
            if (modes == null) stack.call(handle);
            else Mode.during(modes, () -> stack.call(handle));
        } catch (TorchException e) {
            throw abort(e);
        } catch (RuntimeException e) {
            throw abort(Errors.translate(op, stack, e));
        }
    }

    void runVoid() {
        run();
        end();
    }

    Tensor runTensor() {
        run();
        long impl = stack.payload(0);
        stack.forget();
        ThreadContext c = context();
        done();
        if (References.isUndefinedTensor(impl)) throw new TorchException(name(), name() + " returned an undefined tensor.", null);
        return c.adopt(impl);
    }

    /** For an operator that returns its own argument: that one, not another handle to it. */
    Tensor runInPlace(Tensor self) {
        run();
        References.releaseShared(stack.payload(0));
        stack.forget();
        done();
        return self;
    }

    int resultCount() { return stack.size(); }

    int resultTag(int i) { return stack.tag(i); }

    /** Result i; an undefined tensor (a gradient nobody asked for) is null. */
    @SuppressWarnings("NullAway")
    Tensor takeTensor(int i) {
        long impl = stack.take(i);
        return References.isUndefinedTensor(impl) ? null : context().adopt(impl);
    }

    List<Tensor> takeTensors(int i) {
        long list = stack.payload(i);
        var tensors = new Tensor[NativeLists.size(list)];
        for (int k = 0; k < tensors.length; k++) {
            long impl = NativeLists.payload(list, k);
            if (NativeLists.tag(list, k) == Tag.NONE || References.isUndefinedTensor(impl)) continue;
            References.retain(impl);
            tensors[k] = context().adopt(impl);
        }
        return java.util.Arrays.asList(tensors);
    }

    /** A list of tensors or of numbers. */
    List<?> takeList(int i) {
        long list = stack.payload(i);
        int n = NativeLists.size(list);
        if (n == 0 || NativeLists.tag(list, 0) == Tag.TENSOR || NativeLists.tag(list, 0) == Tag.NONE) return takeTensors(i);
        var values = new java.util.ArrayList<Object>();
        for (int k = 0; k < n; k++) {
            long payload = NativeLists.payload(list, k);
            int tag = NativeLists.tag(list, k);
            values.add(tag == Tag.DOUBLE ? (Object) Double.longBitsToDouble(payload) : tag == Tag.BOOL ? (Object) ((payload & 0xff) != 0) : (Object) payload);
        }
        return values;
    }

    long takeLong(int i) { return stack.payload(i); }

    double takeDouble(int i) { return Double.longBitsToDouble(stack.payload(i)); }

    boolean takeBoolean(int i) { return (stack.payload(i) & 0xff) != 0; }

    /** A {@code Long}, {@code Double} or {@link Complex}; a truth value is 1 or 0. */
    Number takeNumber(int i) {
        int tag = stack.tag(i);
        if (tag == Tag.DOUBLE) return takeDouble(i);
        if (tag == Tag.BOOL) return takeBoolean(i) ? 1L : 0L;
        if (tag == Tag.COMPLEX) return new Complex(Memory.getDouble(stack.payload(i) + 16), Memory.getDouble(stack.payload(i) + 24));
        return takeLong(i);
    }

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
