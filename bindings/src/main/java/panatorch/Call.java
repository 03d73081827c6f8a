package panatorch;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.bytedeco.pytorch.IValueVector;
import org.jspecify.annotations.Nullable;
import panatorch.internal.libtorch.DispatcherStack;
import panatorch.internal.libtorch.NativeLists;
import panatorch.internal.libtorch.References;
import panatorch.internal.libtorch.SpareList;
import panatorch.internal.libtorch.Tag;
import panatorch.internal.libtorch.TensorImpl;

/**
 * One call of an operator: {@link #begin}, the arguments one after the other in schema order, then a {@code run…} method. After plain
 * {@link #run}, the results and {@link #end} follow. A failure at any point leaves an empty stack behind.
 */
final class Call {
    private static final ConcurrentLinkedDeque<Call> POOL = new ConcurrentLinkedDeque<>();

    final DispatcherStack stack = new DispatcherStack();
    private final SpareList spare = new SpareList();
    /** The context of the calling thread, during the call. */
    private @Nullable ThreadContext context;
    /** The operator; null while references are only released. */
    private @Nullable Operator operator;
    /** The number of arguments given as none. A failed call that left more of them had consumed arguments. */
    private int nones;
    /** True if an argument that requires a gradient means that the thread trains. */
    private boolean watching;
    /** True from the begin of the call to its end, and true if the thread counts as a caller meanwhile. */
    private boolean busy, inside;
    /** The last list of tensors among the arguments, which a kernel takes off the stack, and its place; null if there is none. */
    private @Nullable List<? extends @Nullable Tensor> list;
    private int listAt;
    /** The caller's tensors that the results are written to, or null. */
    private @Nullable List<Tensor> out;

    /**
     * Begins a call of an operator, or of other native code, with this thread's object, or with one of the pool if that is busy or the
     * thread is virtual.
     */
    static Call begin(@Nullable Operator operator) {
        ThreadContext context = ThreadContext.current();
        context.caller.enter();
        Call call = prepare(operator, context);
        call.inside = true;
        call.watching = context.caller.mayBeginTraining();
        if (operator != null && operator.trains()) context.caller.trains();
        return call;
    }

    /** Begins a call that runs no operator but moves arguments or results between stacks. */
    static Call moving(@Nullable Operator operator) {
        return prepare(operator, ThreadContext.current());
    }

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

    /** Begins a call that runs no operator and only {@linkplain #release releases} references. */
    static Call releasing() {
        return moving(null);
    }

    private void done() {
        if (spare.inUse()) spare.empty(stack);
        busy = false;
        out = null;
        list = null;
        ThreadContext c = context();
        context = null;
        boolean wasInside = inside;
        inside = false;
        if (c.call() != this) giveBack(this);
        if (wasInside) c.caller.leave();
    }

    /** Releases the pushed arguments, ends the call and returns the error to throw. */
    <E extends RuntimeException> E abort(E error) {
        stack.release();
        done();
        return error;
    }

    // ---- arguments, in schema order

    private <T> T present(@Nullable T value) {
        if (value == null) throw abort(new NullPointerException("argument '" + argumentName() + "' of " + name() + " is null"));
        return value;
    }

    private String argumentName() {
        if (operator == null) return String.valueOf(stack.size());
        var parameters = operator.schema().parameters();
        return stack.size() < parameters.size() ? parameters.get(stack.size()).name() : "?";
    }

    private String name() { return operator == null ? "native code" : operator.qualified(); }

    private ThreadContext context() { return Objects.requireNonNull(context); }

    void tensor(Tensor t) {
        long impl = present(t).retained(context());
        if (impl == 0) throw abort(t.closedError("argument '" + argumentName() + "' of " + name()));
        stack.push(Tag.TENSOR, impl);
        noticeTraining(impl);
    }

    private void noticeTraining(long impl) {
        if (watching && TensorImpl.requiresGrad(impl)) {
            watching = false;
            context().caller.trains();
        }
    }

    void optionalTensor(@Nullable Tensor t) {
        if (t == null) none();
        else tensor(t);
    }

    void tensors(List<? extends Tensor> list) {
        int size = present(list).size();
        long spare = size <= SpareList.CAPACITY ? this.spare.take() : 0;
        fill(spare != 0 ? spare : NativeLists.tensors(size), list, false);
    }

    void optionalTensors(List<? extends @Nullable Tensor> list) {
        long object = NativeLists.optionalTensors(present(list).size());
        fill(object, list, true);
    }

    private void fill(long object, List<? extends @Nullable Tensor> list, boolean optional) {
        this.list = list;
        listAt = stack.size();
        stack.push(Tag.LIST, object);
        for (int i = 0; i < list.size(); i++) {
            Tensor t = list.get(i);
            if (t == null && !optional)
                throw abort(new NullPointerException("element " + i + " of a list argument of " + name() + " is null"));
            long impl = t == null ? 0 : t.retained(context());
            if (t != null && impl == 0) throw abort(t.closedError("element " + i + " of a list argument of " + name()));
            NativeLists.append(object, t == null ? Tag.NONE : Tag.TENSOR, impl);
            if (t != null) noticeTraining(impl);
        }
    }

    void none() {
        stack.push(Tag.NONE, 0);
        nones++;
    }

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
            case Complex c -> stack.push(Tag.COMPLEX, Values.payload(c));
            case BigInteger b -> stack.push(Values.tag(b), b.longValue());
            default -> integer(v.longValue());
        }
    }

    void optionalScalar(@Nullable Number v) {
        if (v == null) none();
        else scalar(v);
    }

    void scalars(List<? extends Number> list) {
        long object = NativeLists.scalars(present(list).size());
        stack.push(Tag.LIST, object);
        int i = 0;
        for (Number v : list) {
            if (v == null) throw abort(new NullPointerException("element " + i + " of a list argument of " + name() + " is null"));
            NativeLists.append(object, Values.tag(v), Values.payload(v));
            i++;
        }
    }

    void optionalScalars(List<? extends @Nullable Number> list) {
        long object = NativeLists.objects("Scalar?[]", present(list).size());
        stack.push(Tag.LIST, object);
        for (Number v : list) {
            if (v == null) NativeLists.append(object, Tag.NONE, 0);
            else NativeLists.append(object, Values.tag(v), Values.payload(v));
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

    void strings(List<String> list) {
        long object = NativeLists.strings(present(list).size());
        stack.push(Tag.LIST, object);
        for (String v : list) NativeLists.append(object, Tag.STRING, NativeLists.of(present(v)));
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
        if (v == null) {
            none();
            return;
        }
        UsedGenerators used = ThreadContext.current().usedGenerators;
        if (used != null) used.note(v);
        stack.push(Tag.GENERATOR, opened(v::retained));
    }

    /** Pushes the schema's default for an argument that is left out. */
    void standard(OperatorSchema.Parameter p) {
        stack.pushCopy(p.standard());
    }

    void object(NativeObject v) { stack.push(present(v).tag(), opened(v::retained)); }

    private long opened(LongSupplier object) {
        try {
            return object.getAsLong();
        } catch (IllegalStateException e) {
            throw abort(e);
        }
    }

    void objects(List<NativeObject> list) {
        objects(Objects.requireNonNull(operator).schema().parameters().get(stack.size()).plain(), list);
    }

    /** @param type type of the list, as schemas write it */
    void objects(String type, List<NativeObject> list) {
        long object = NativeLists.objects(type, present(list).size());
        stack.push(Tag.LIST, object);
        for (NativeObject v : list) {
            NativeLists.append(object, v.tag(), opened(present(v)::retained));
        }
    }

    // ---- the call

    /** Calls the operator. */
    void run() {
        ThreadContext c = context();
        Out into = c.out;
        if (into != null) runInto(into, c);
        else invoke(c);
    }

    /** Calls the operator's variant that writes to given tensors. Afterwards the stack is empty and the results are those tensors. */
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

    /** Calls the operator with arguments that were pushed onto the stack directly. An open {@link Out} does not apply. */
    void runPushed() {
        for (int i = 0; i < stack.size(); i++) {
            int tag = stack.tag(i);
            if (tag == Tag.NONE) nones++;
            else if (tag == Tag.TENSOR) noticeTraining(stack.payload(i));
        }
        invoke(context());
    }

    private void invoke(ThreadContext c) {
        Throwable failure = Invocation.of(Objects.requireNonNull(operator), stack, c, nones);
        if (failure != null && list != null) failure = NativeErrors.withList(failure, Objects.requireNonNull(operator), listAt, list);
        if (failure == null) return;
        stack.release();
        done();
        throw NativeErrors.unchanged(failure);
    }

    /** Runs native code on the stack, in a call that has no operator. */
    void run(Consumer<IValueVector> code) {
        Upcalls.during(() -> Mode.during(() -> {
            try {
                stack.call(code);
            } catch (RuntimeException e) {
                throw NativeErrors.ofJavaCpp(e);
            }
        }));
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
        if (References.isUndefinedTensor(impl))
            throw new TorchException(op.qualified(), op.qualified() + " returned an undefined tensor.", null);
        return made(c.adopt(impl), op);
    }

    private static Tensor made(Tensor t, @Nullable Operator by) {
        return AnomalyMode.on && by != null ? AnomalyMode.made(t, by) : t;
    }

    private Tensor written(Tensor t) {
        done();
        return t;
    }

    /** Runs an operator that returns its own argument, and returns that argument's handle, not a new one. */
    Tensor runInPlace(Tensor self) {
        run();
        References.releaseShared(stack.payload(0));
        stack.forget();
        Operator op = operator;
        done();
        return made(self, op);
    }

    // ---- results

    int resultCount() { return stack.size(); }

    int resultTag(int i) { return stack.tag(i); }

    /** Returns result {@code i}; an undefined tensor (a gradient that was not requested) is null. */
    @SuppressWarnings("NullAway") Tensor takeTensor(int i) {
        if (out != null) return out.get(i);
        long impl = stack.take(i);
        return References.isUndefinedTensor(impl) ? null : made(context().adopt(impl), operator);
    }

    /** Returns a tensor that takes over a reference. */
    Tensor adopt(long impl) {
        return context().adopt(impl);
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

    long takeLong(int i) { return stack.payload(i); }

    double takeDouble(int i) { return Double.longBitsToDouble(stack.payload(i)); }

    boolean takeBoolean(int i) { return (stack.payload(i) & 0xff) != 0; }

    /** Returns result {@code i} as a {@code Long}, {@code Double} or {@link Complex}; a boolean is 1 or 0. */
    Number takeNumber(int i) {
        return Values.number(stack.tag(i), stack.payload(i));
    }

    String takeString(int i) { return NativeLists.string(stack.payload(i)); }

    Generator takeGenerator(int i) { return new Generator(stack.take(i)); }

    Device takeDevice(int i) { return Device.ofPayload(stack.payload(i)); }

    DType takeDType(int i) { return DType.ofCode((int) takeLong(i)); }

    NativeObject takeObject(int i) {
        int tag = stack.tag(i);
        return new NativeObject(tag, stack.take(i));
    }

    /** Ends the call unless an error has ended it; see {@link #end}. */
    void endIfBusy() {
        if (busy) end();
    }

    /** Ends the call, and releases the results that were not taken. */
    void end() {
        boolean counted = false;
        for (int i = 0; i < stack.size(); i++) counted |= !Tag.plain(stack.tag(i));
        if (counted) stack.release();
        else stack.forget();
        done();
    }

    /** Releases the reference to a counted object. Many releases take few native calls; {@link #end} completes them. */
    void release(int tag, long object) {
        if (stack.full()) stack.release();
        stack.push(tag, object);
    }
}
