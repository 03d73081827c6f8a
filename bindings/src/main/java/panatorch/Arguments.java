package panatorch;

import java.util.List;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.bytedeco.pytorch.DoubleComplex;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Scalar;
import org.jspecify.annotations.Nullable;
import panatorch.internal.libtorch.DispatcherStack;
import panatorch.internal.libtorch.Memory;
import panatorch.internal.libtorch.NativeLists;
import panatorch.internal.libtorch.References;
import panatorch.internal.libtorch.SpareList;
import panatorch.internal.libtorch.Tag;
import panatorch.internal.libtorch.TensorImpl;

/** How each kind of argument is written onto a dispatcher stack, one after the other in schema order. */
abstract sealed class Arguments permits Call {
    final DispatcherStack stack = new DispatcherStack();
    final SpareList spare = new SpareList();
    /** The calling thread's, while the call lasts. */
    @Nullable ThreadContext context;
    /** Whether the thread trains if an argument requires a gradient. */
    boolean watching;
    /** The operator they are for; null while references are only released. */
    @Nullable Operator operator;

    /** How many arguments were given as none; more after a failed call are those that it had consumed. */
    int nones;

    /** Gives back what was pushed, and the error to be thrown. */
    abstract <E extends RuntimeException> E abort(E error);

    private <T> T present(@Nullable T value) {
        if (value == null) throw abort(new NullPointerException("argument '" + argumentName() + "' of " + name() + " is null"));
        return value;
    }

    private String argumentName() {
        var parameters = Objects.requireNonNull(operator).schema().parameters();
        return stack.size() < parameters.size() ? parameters.get(stack.size()).name() : "?";
    }

    final String name() { return Objects.requireNonNull(operator).qualified(); }

    final ThreadContext context() { return Objects.requireNonNull(context); }

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
        stack.push(Tag.LIST, object);
        for (int i = 0; i < list.size(); i++) {
            Tensor t = list.get(i);
            if (t == null && !optional) throw abort(new NullPointerException("element " + i + " of a list argument of " + name() + " is null"));
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
        if (v == null) none();
        else stack.push(Tag.GENERATOR, opened(v::retained));
    }

    /** What the schema has for an argument that is left out. */
    void standard(OperatorSchema.Parameter p) { stack.pushCopy(p.standard()); }

    void object(NativeObject v) { stack.push(present(v).tag(), opened(v::retained)); }

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
            NativeLists.append(object, v.tag(), opened(present(v)::retained));
        }
    }
}
