package panatorch;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.Reference;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.Arrays;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import panatorch.internal.libtorch.Borrowed;
import panatorch.internal.libtorch.CApi;
import panatorch.internal.libtorch.Memory;
import panatorch.internal.libtorch.Nodes;
import panatorch.internal.libtorch.References;
import panatorch.internal.libtorch.Tag;
import panatorch.internal.threads.TensorReaders;

/**
 * An n-dimensional array of libtorch. It owns exactly one reference to native memory. The table in {@link Scope} says when it is freed.
 *
 * <p>
 * Any thread may use or close a tensor, also while other threads use it. A call that races with {@link #close} either ends as if the tensor
 * were open or throws an {@link IllegalStateException}, as any use of a closed tensor does. A thread that reads a tensor while another
 * writes to it sees old or new values. A scope belongs to one thread. The operators are the methods of {@link TensorOps}, named as in
 * PyTorch.
 */
public final class Tensor extends TensorOps implements AutoCloseable {
    private static final VarHandle IMPL;

    static {
        try {
            IMPL = MethodHandles.lookup().findVarHandle(Tensor.class, "impl", long.class);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    /**
     * The address of the {@code TensorImpl}, an even number. After closing, {@link #CLOSED}; or the address plus {@link #CLOSED} while the
     * scope has yet to free it.
     */
    private long impl;
    private static final long CLOSED = 1;
    private @Nullable Scope scope;
    private int place = -1;
    private @Nullable Backstop backstop;
    /** The number of the thread that made this tensor. */
    private final int maker;
    /** True once a thread has used this tensor that neither made it nor has it in a scope. */
    private boolean shared;

    Tensor(long impl, ThreadContext maker) {
        this.impl = impl;
        this.maker = maker.number;
    }

    // ---- life

    /**
     * Frees this tensor now. Closing twice is harmless. A call that another thread has already begun ends as if the tensor were open; a
     * later call throws an {@link IllegalStateException}. A tensor in the scope of another thread is closed at once, but its memory is
     * freed when that thread closes the scope.
     */
    @Override public void close() {
        ThreadContext c = ThreadContext.current();
        Scope s = scope;
        if (s != null && s.owner() != c.number) {
            closeForOwner();
            return;
        }
        long taken = take();
        if (taken == 0) return;
        if (s != null && s == c.scopes.scope) s.remove(this);
        if (shared || s == null && maker != c.number) TensorReaders.await();
        free(impl(taken));
        if (!isClosed(taken)) LiveTensors.closed(this);
    }

    /** Marks this tensor as closed and leaves freeing it to the scope's thread, which may be about to use the native tensor. */
    private void closeForOwner() {
        long i = impl;
        if (isClosed(i) || !IMPL.compareAndSet(this, i, i | CLOSED)) return;
        LiveTensors.closed(this);
        if (scope != null) return;
        long taken = take(); // the scope's thread has ended, and the garbage collector leaves the scope just now
        Backstop b = backstop;
        if (b != null) b.disarm(taken);
        TensorReaders.await();
        if (taken != 0) free(impl(taken));
    }

    /** Returns whether nothing is left to be freed. */
    boolean isFreed() { return impl == CLOSED; }

    public boolean isClosed() { return isClosed(impl); }

    static boolean isClosed(long impl) { return (impl & CLOSED) != 0; }

    static long impl(long taken) { return taken & ~CLOSED; }

    /** Takes this tensor out of its scope. It then lives until its new owner, for example a module, closes it. */
    public Tensor escape() {
        require();
        Scope s = scope;
        if (s != null && s.remove(this)) armBackstop();
        return this;
    }

    /**
     * Takes the reference, which the caller must now free. The result also tells whether the tensor was closed before
     * ({@link #isClosed(long)}); it is 0 if the reference was taken before.
     */
    long take() {
        long i = (long) IMPL.getAndSet(this, CLOSED);
        if (isClosed(i)) return i == CLOSED ? 0 : i;
        Backstop b = backstop;
        return b == null ? i : b.disarm(i);
    }

    /** Returns whether another thread than the scope's may be reading this tensor; to be asked after {@link #take}. */
    boolean isShared() {
        return shared;
    }

    /**
     * Begins to read the address or the native tensor behind it. Until {@link #endReading} the native tensor is not freed, also if another
     * thread closes this one.
     *
     * @return the token to pass to {@link #endReading}
     */
    private int beginReading(ThreadContext c) {
        Scope s = scope;
        if (s != null && s.owner() == c.number) return 0; // nobody else frees it
        if (!shared && (s != null || maker != c.number)) shared = true;
        return c.caller.readers.enter();
    }

    private void endReading(ThreadContext c, int reading) {
        if (reading != 0) c.caller.readers.leave(reading);
        Reference.reachabilityFence(this); // the garbage collector may free an unscoped tensor, but not while it is read
    }

    /** Returns the {@code TensorImpl} with one more reference, for the caller; 0 if closed. */
    long retained(ThreadContext c) {
        int reading = beginReading(c);
        long i = impl;
        if (isClosed(i)) i = 0;
        else References.retain(i);
        endReading(c, reading);
        return i;
    }

    static void free(long impl) {
        Call call = Call.releasing();
        call.release(Tag.TENSOR, impl);
        call.end();
    }

    /** Lets the garbage collector free this tensor if nobody does. */
    void armBackstop() {
        armBackstop(isClosed() ? 0 : read(c -> CApi.deviceType(c.handle, c.result) == Device.Type.CPU.code()
                ? CApi.numel(c.handle, c.result) * DType.bytesOf(CApi.dtype(c.handle, c.result)) : 0));
    }

    /** Does what {@link #armBackstop()} does without reading the tensor, which another thread may be closing. */
    void armBackstopUnread() {
        armBackstop(0);
    }

    private void armBackstop(long bytes) {
        var b = new Backstop(this, bytes);
        backstop = b;
        VarHandle.fullFence(); // a thread that closes the tensor sees the backstop, or we see that it is closed
        long i = impl;
        if (!isClosed(i)) b.arm(i);
        else if (i != CLOSED) free(impl(take())); // it was closed for the scope that it has just left
    }

    void placed(@Nullable Scope in, int at) {
        scope = in;
        place = at;
        if (in == null) return;
        if (maker != in.owner()) shared = true;
        Backstop b = backstop;
        backstop = null;
        if (b != null) b.disarm(impl);
    }

    boolean isScoped() { return scope != null; }

    int placeIn(Scope s) { return scope == s ? place : -1; }

    /** Returns the native tensor with one more reference, which the caller owns. */
    long shareImpl() {
        long i = retained(ThreadContext.current());
        if (i == 0) throw closedError("this tensor");
        return i;
    }

    /** Returns a new handle to the same native tensor in the current scope. Closing one handle leaves the other open. */
    Tensor share() {
        return ThreadContext.current().adopt(shareImpl());
    }

    private long require() {
        long i = impl;
        if (isClosed(i)) throw closedError("this tensor");
        return i;
    }

    IllegalStateException closedError(String what) {
        Scope s = scope;
        String reason = s == null || !s.isClosed() ? "" : ": it was freed with the scope " + s.described()
                + " in which it was made. scope.move(t) hands it to the enclosing scope, t.escape() to whoever keeps it";
        return new IllegalStateException(what + " is closed" + reason
                + (LiveTensors.tracing() ? "" : "; run with -Dpanatorch.leaks=trace to see where it was closed"),
                LiveTensors.closedAt(this));
    }

    // ---- what it is

    /** Applies {@code reader} to a thread context whose handle points to this tensor, and returns its result. */
    <T extends @Nullable Object> T read(Function<ThreadContext, T> reader) {
        ThreadContext c = ThreadContext.current();
        int reading = beginReading(c);
        try {
            Memory.setLong(c.handle, require());
            return plainly(reader, c);
        } finally {
            endReading(c, reading);
        }
    }

    private static <T extends @Nullable Object> T plainly(Function<ThreadContext, T> reader, ThreadContext c) {
        try {
            return reader.apply(c);
        } catch (RuntimeException e) {
            throw NativeErrors.of(e);
        }
    }

    /** Returns the number of elements. */
    public long numel() {
        ThreadContext c = ThreadContext.current();
        int reading = beginReading(c);
        try {
            Memory.setLong(c.handle, require());
            return CApi.numel(c.handle, c.result);
        } finally {
            endReading(c, reading);
        }
    }

    /**
     * Returns the bytes of the elements, {@code numel() · dtype().bytes()}, however many of them share memory.
     *
     * @throws IllegalStateException if the tensor is sparse
     */
    public long nbytes() {
        if (layout().name().startsWith("SPARSE"))
            throw new IllegalStateException("nbytes is not defined for the layout " + layout()
                    + "; add up the bytes of the indices and values, or take numel() · dtype().bytes() for those of a dense tensor");
        return numel() * dtype().bytes();
    }

    /** Returns the number of dimensions. */
    public long dim() {
        ThreadContext c = ThreadContext.current();
        int reading = beginReading(c);
        try {
            Memory.setLong(c.handle, require());
            return CApi.dim(c.handle, c.result);
        } finally {
            endReading(c, reading);
        }
    }

    /** Returns the size of every dimension. {@link #describe} returns it as text. */
    public long[] shape() {
        return read(c -> CApi.shape(c.handle, c.result));
    }

    /** Returns the size of dimension {@code dim}, which counts from the end if negative. */
    public long size(long dim) {
        long[] shape = shape();
        if (dim < -shape.length || dim >= shape.length)
            throw new IndexOutOfBoundsException("dimension " + dim + " is out of range for a tensor of shape " + Arrays.toString(shape));
        return shape[(int) (dim < 0 ? dim + shape.length : dim)];
    }

    /** Returns the stride of every dimension: the number of elements in memory from one index to the next. */
    public long[] strides() {
        return read(c -> Memory.longs(CApi.strides(c.handle, c.result), CApi.dim(c.handle, c.result)));
    }

    public DType dtype() { return read(c -> DType.ofCode(CApi.dtype(c.handle, c.result))); }

    public Device device() {
        return read(c -> {
            var type = Device.Type.ofCode(CApi.deviceType(c.handle, c.result));
            return type == Device.Type.CPU ? Device.CPU : new Device(type, CApi.deviceIndex(c.handle, c.result));
        });
    }

    public Layout layout() { return read(c -> Layout.ofCode(CApi.layout(c.handle, c.result))); }

    /** Returns whether the elements lie without gaps, last dimension fastest. */
    public boolean isContiguous() {
        if (numel() == 0) return true;
        long[] shape = shape(), strides = strides();
        long expected = 1;
        for (int d = shape.length - 1; d >= 0; d--) {
            if (shape[d] != 1 && strides[d] != expected) return false;
            expected *= shape[d];
        }
        return true;
    }

    // ---- its elements

    /** Returns the elements that {@code index} selects: a view, or a copy if the index contains tensors. See {@link Index#index}. */
    public Tensor get(Index index) {
        return index.get(this);
    }

    /**
     * Returns the elements that {@link Index#index index(parts)} selects: {@code x.get(0)}, {@code x.get(ALL, slice(0, 2))},
     * {@code x.get(mask)}.
     */
    public Tensor get(Object... parts) {
        return get(Index.index(parts));
    }

    /**
     * Returns the place of the elements that an index selects, written as in Python's square brackets: {@code x.at(":, 0::2").set(0)},
     * {@code x.at("..., -1").get()}. See {@link Index#parse}.
     */
    public Index.Place at(String brackets) { return at(Index.parse(brackets)); }

    /**
     * Returns the place of the elements that {@link Index#index index(parts)} selects, to be read or written: {@code x.at(mask).set(0)}.
     */
    public Index.Place at(Object... parts) { return at(Index.index(parts)); }

    /** Returns the place of the elements that {@code index} selects, to be read or written. */
    public Index.Place at(Index index) {
        return new Index.Place(this, index);
    }

    /** Writes {@code value}, broadcast and converted, to the elements that {@code index} selects. */
    public Tensor set(Index index, Tensor value) {
        index.set(this, value);
        return this;
    }

    /** Writes one number to all elements that {@code index} selects. */
    public Tensor set(Index index, Number value) {
        try (var scope = Scope.open()) {
            return set(index, Aten.scalarTensor(value, dtype(), null, device()));
        }
    }

    // ---- comparisons; equals is that of Object, as two tensors are never the same key

    /**
     * Returns whether {@code other} has the same shape and the same elements, as PyTorch's {@code torch.equal}. A NaN equals nothing. Both
     * tensors must have the same dtype and device.
     */
    public boolean torchEquals(Tensor other) {
        return Aten.equal(this, other);
    }

    /**
     * Returns whether all elements are close, with PyTorch's {@code rtol} 1e-5 and {@code atol} 1e-8. A NaN is close to nothing. See
     * {@link #allClose(Tensor, double, double, boolean)}.
     */
    public boolean allClose(Tensor other) {
        return Aten.allclose(this, other);
    }

    /** Returns whether all elements are close. A NaN is close to nothing. See {@link #allClose(Tensor, double, double, boolean)}. */
    public boolean allClose(Tensor other, double rtol, double atol) {
        return Aten.allclose(this, other, rtol, atol);
    }

    /**
     * Returns whether |this − other| ≤ {@code atol} + {@code rtol} · |other| for all elements, after broadcasting. Both tensors must have
     * the same dtype and device.
     *
     * @param equalNan whether a NaN is close to a NaN
     */
    public boolean allClose(Tensor other, double rtol, double atol, boolean equalNan) {
        return Aten.allclose(this, other, rtol, atol, equalNan);
    }

    // ---- its memory

    /**
     * Returns the memory of a contiguous CPU tensor's elements, without a copy: {@code numel() · dtype().bytes()} bytes in native byte
     * order. The tensor's present storage lives at least as long as {@code arena}, also if the tensor is closed or gets another storage
     * before. Until then, resizing or lazily copying the storage throws an {@link IllegalArgumentException}. For memory from an arena that
     * can be closed ({@link Torch#fromBlob}), the result is that arena's own segment, with its rules of access.
     *
     * @throws IllegalStateException if the tensor is not contiguous, not on the CPU, or a view that is conjugated or negated when read
     */
    public MemorySegment data(Arena arena) { return JavaMemory.of(this, arena); }

    /** Returns the memory of the elements as {@link #data(Arena)}, valid as long as the segment is reachable. */
    public MemorySegment data() {
        return data(Arena.ofAuto());
    }

    /**
     * Returns {@link #data()} as a direct buffer in native byte order, of at most 2 GiB. Java and libtorch see each other's writes. The
     * tensor's storage lives while the buffer or a buffer derived from it is reachable.
     *
     * @throws IllegalStateException if {@link #data(Arena)} throws it, or if the tensor takes more than 2 GiB
     */
    public ByteBuffer asByteBuffer() {
        MemorySegment data = data();
        if (data.byteSize() > Integer.MAX_VALUE)
            throw new IllegalStateException(
                    "the tensor has " + data.byteSize() + " bytes, but a ByteBuffer holds at most " + Integer.MAX_VALUE + "; use data()");
        return data.asByteBuffer().order(ByteOrder.nativeOrder());
    }

    /** Returns the only element as a {@code double}. */
    public double itemDouble() { return item().doubleValue(); }

    public float itemFloat() { return item().floatValue(); }

    /** Returns the only element as a {@code long}. One of 2⁶³ or more, of type uint64, keeps its bits ({@link Long#toUnsignedString}). */
    public long itemLong() {
        return item().longValue();
    }

    /**
     * Returns the only element as an {@code int}.
     *
     * @throws ArithmeticException if a whole number does not fit
     */
    public int itemInt() { return item() instanceof BigInteger b ? b.intValueExact() : Math.toIntExact(item().longValue()); }

    /** Returns whether the only element is not 0. */
    public boolean itemBoolean() { return isNonzero(); }

    /** Returns a copy of all elements in order, converted to float32. */
    public float[] toFloatArray() {
        return TensorElements.copy(this, DType.FLOAT32, s -> s.toArray(ValueLayout.JAVA_FLOAT));
    }

    /** Returns a copy of all elements in order, converted to float64. */
    public double[] toDoubleArray() {
        return TensorElements.copy(this, DType.FLOAT64, s -> s.toArray(ValueLayout.JAVA_DOUBLE));
    }

    /** Returns a copy of all elements in order, converted to int64. Those of uint64 keep their bits ({@link Long#toUnsignedString}). */
    public long[] toLongArray() {
        return TensorElements.copy(this, DType.INT64, s -> s.toArray(ValueLayout.JAVA_LONG));
    }

    /** Returns a copy of all elements in order, converted to int32. */
    public int[] toIntArray() {
        return TensorElements.copy(this, DType.INT32, s -> s.toArray(ValueLayout.JAVA_INT));
    }

    /** Returns a copy of all elements in order, converted to int16. */
    public short[] toShortArray() {
        return TensorElements.copy(this, DType.INT16, s -> s.toArray(ValueLayout.JAVA_SHORT));
    }

    /** Returns a copy of all elements in order, converted to uint8. */
    public byte[] toByteArray() {
        return TensorElements.copy(this, DType.UINT8, s -> s.toArray(ValueLayout.JAVA_BYTE));
    }

    /** Returns a copy of all elements in order, true for those that are not 0. */
    public boolean[] toBooleanArray() {
        return TensorElements.copy(this, DType.BOOL, s -> {
            var values = new boolean[(int) s.byteSize()];
            for (int i = 0; i < values.length; i++) values[i] = s.get(ValueLayout.JAVA_BYTE, i) != 0;
            return values;
        });
    }

    /**
     * Returns a copy as nested Java arrays, the reverse of {@link Torch#tensor(Object)}: {@code (float[][]) t.toArray()} for float32 [2,
     * 3], a {@code Float} for a scalar []. float16 and bfloat16 become float, int8 and uint8 byte, uint16 int, uint32 long.
     *
     * @throws IllegalArgumentException if Java has no such type, as for complex numbers
     */
    public Object toArray() { return NestedArrays.array(this); }

    /** Returns the tensor whose memory holds the elements; see {@link TensorElements#memory}. */
    Tensor memory() {
        return TensorElements.memory(this);
    }

    // ---- gradients

    public boolean requiresGrad() { return read(c -> view(c).requires_grad()); }

    /** Returns the gradient that {@code backward} accumulated, as a new handle to the same memory; null if there is none. */
    public @Nullable Tensor grad() {
        long g = read(c -> Memory.getLong(view(c).grad().address()));
        if (References.isUndefinedTensor(g)) return null;
        References.retain(g);
        Reference.reachabilityFence(this);
        return ThreadContext.current().adopt(g);
    }

    /**
     * Replaces the gradient. Null frees it, which is the way to zero gradients.
     *
     * @throws IllegalArgumentException if the gradient's shape, type or device is not this tensor's
     */
    public void setGrad(@Nullable Tensor grad) {
        if (grad != null && !(Arrays.equals(shape(), grad.shape()) && dtype() == grad.dtype() && device().equals(grad.device())))
            throw new IllegalArgumentException(
                    "the gradient must have the tensor's type, shape and device, " + describe() + ", but it is " + grad.describe());
        if (grad == null && References.isUndefinedTensor(read(c -> Memory.getLong(view(c).grad().address())))) return;
        long replacement = grad == null ? References.undefinedTensor() : grad.shareImpl();
        long old = read(c -> {
            long slot = view(c).mutable_grad().address(), before = Memory.getLong(slot);
            Memory.setLong(slot, replacement);
            return before;
        });
        if (!References.isUndefinedTensor(old)) free(old);
    }

    /** Computes the gradients of this tensor of one element; see {@link Autograd#backward(Tensor)}. */
    public void backward() {
        AutogradEngine.backward(this, null, false, false);
    }

    /**
     * Computes the gradients of this tensor of any shape, weighted by {@code gradient}; see
     * {@link Autograd#backward(Tensor, Tensor, boolean, boolean)}.
     */
    public void backward(Tensor gradient) {
        AutogradEngine.backward(this, gradient, false, false);
    }

    /**
     * Registers a hook that gets this tensor's gradient whenever {@code backward} or {@code grad} computes it. The hook runs before the
     * gradients of the tensors that this one was computed from. It returns the gradient to continue with, of the same shape and type, or
     * null to keep the present one. Tensors made in a hook are freed at its end. An exception that it throws reaches the caller of
     * {@code backward} unchanged.
     *
     * @throws TorchException if this tensor requires no gradient
     */
    public Hook registerHook(java.util.function.Function<Tensor, @Nullable Tensor> hook) { return TensorHooks.register(this, hook); }

    /**
     * Registers a hook that gets this leaf whenever its gradient was added to {@link #grad}, so that an optimiser can use and free it at
     * once. An exception that it throws reaches the caller of {@code backward} unchanged.
     *
     * @throws IllegalArgumentException if this is not a leaf that requires a gradient
     */
    public Hook registerPostAccumulateGradHook(java.util.function.Consumer<Tensor> hook) {
        return AccumulationHooks.register(this, hook);
    }

    /** Returns the name of the function that computes gradients through this tensor, such as {@code MulBackward0}; null for a leaf. */
    public @Nullable String gradFn() {
        String name = this.<@Nullable String>read(c -> Nodes.nameOfGradFn(c.handle));
        return name == null ? null : PYTHON_NODES.getOrDefault(name, name);
    }

    /**
     * Names of nodes of operators with a number, which Python makes a tensor of and so names by the operators with two tensors.
     */
    private static final Map<String, String> PYTHON_NODES = Map.of("AddBackward1", "AddBackward0", "SubBackward1", "SubBackward0",
            "MulBackward1", "MulBackward0", "DivBackward1", "DivBackward0", "DivBackward3", "DivBackward2");

    private static org.bytedeco.pytorch.Tensor view(ThreadContext c) { return Borrowed.tensor(c.handle); }

    // ---- JavaCPP

    /** Returns a JavaCPP tensor with its own reference to the same memory. The caller must close it. */
    public org.bytedeco.pytorch.Tensor unwrap() {
        return read(c -> new org.bytedeco.pytorch.Tensor(view(c)));
    }

    /** Returns a tensor with its own reference to the memory of {@code tensor}, which the caller still owns. */
    public static Tensor wrap(org.bytedeco.pytorch.Tensor tensor) {
        long i = Memory.getLong(tensor.address());
        if (References.isUndefinedTensor(i)) throw new IllegalArgumentException("an undefined tensor cannot be wrapped");
        References.retain(i);
        return ThreadContext.current().adopt(i);
    }

    // ---- conversions

    /** Returns this tensor on {@code device}: a copy, or a new handle to the same memory if it is there already. */
    public Tensor to(Device device) {
        return Aten.to(this, (DType) null, null, device);
    }

    /** Returns this tensor on the CPU; see {@link #to(Device)}. */
    public Tensor cpu() { return to(Device.CPU); }

    /** Returns this tensor on the current CUDA device; see {@link #to(Device)}. */
    public Tensor cuda() { return to(Device.CUDA); }

    /** Returns the type, shape and device as text: {@code float32 [2, 3] on cpu}. */
    public String describe() {
        return isClosed() ? "closed tensor" : dtype() + " " + Arrays.toString(shape()) + " on " + device();
    }

    /** Returns the tensor as Python's PyTorch prints it, in the way that {@link Torch#setPrintOptions} sets. */
    @Override public String toString() {
        return toString(Torch.printOptions());
    }

    /** Returns the tensor as Python's PyTorch prints it with these options. */
    public String toString(PrintOptions options) {
        if (isClosed()) return "tensor(closed)";
        if (TensorElements.isWrapped(this)) return TensorElements.wrappedText(this);
        if (layout() == Layout.JAGGED) return "tensor(" + describe() + ", layout=" + layout() + ")";
        return TensorFormat.format(this, options);
    }
}
