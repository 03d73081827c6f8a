package panatorch;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.pytorch.global.torch;
import panatorch.internal.library.NativeLibrary;
import panatorch.internal.threads.Cores;

/**
 * Makes tensors, of numbers, random ones, Java's values and memory, and holds what is set once for the process: seed, threads. Operators
 * are in {@link Aten}; what is made like another tensor, as {@code zerosLike}, is that tensor's method.
 *
 * <p>
 * A shape is [] if no sizes are given. Unless a type is given, it is the default type, float32 or that of {@link #setDefaultDtype}. New
 * tensors are on the CPU, unless a device is given, and belong to the current {@link Scope}.
 */
public final class Torch {
    private Torch() {}

    static {
        Startup.ensure();
    }

    // ---- filled tensors

    /** A tensor of zeros; without sizes a scalar []. */
    public static Tensor zeros(long... shape) { return Aten.zeros(shape); }

    /** A tensor of zeros. */
    public static Tensor zeros(Device device, long... shape) {
        return Aten.zeros(shape, (DType) null, null, device);
    }

    public static Tensor zeros(DType dtype, long... shape) { return Aten.zeros(shape, dtype); }

    public static Tensor zeros(DType dtype, Device device, long... shape) { return Aten.zeros(shape, dtype, null, device); }

    /** A tensor of ones. */
    public static Tensor ones(long... shape) { return Aten.ones(shape); }

    /** A tensor of ones. */
    public static Tensor ones(Device device, long... shape) { return Aten.ones(shape, (DType) null, null, device); }

    public static Tensor ones(DType dtype, long... shape) { return Aten.ones(shape, dtype); }

    public static Tensor ones(DType dtype, Device device, long... shape) { return Aten.ones(shape, dtype, null, device); }

    /** A tensor of uninitialised memory. */
    public static Tensor empty(long... shape) { return Aten.empty(shape); }

    /** A tensor of uninitialised memory. */
    public static Tensor empty(Device device, long... shape) {
        return Aten.empty(shape, (DType) null, null, device);
    }

    /** Uninitialised memory. */
    public static Tensor empty(DType dtype, long... shape) { return Aten.empty(shape, dtype); }

    /** Uninitialised memory. */
    public static Tensor empty(DType dtype, Device device, long... shape) {
        return Aten.empty(shape, dtype, null, device);
    }

    /** A tensor full of {@code value}: int64 for a whole number's type, else the default. */
    public static Tensor full(long[] shape, Number value) {
        return Aten.full(shape, value);
    }

    public static Tensor full(long[] shape, Number value, DType dtype) { return Aten.full(shape, value, dtype); }

    public static Tensor full(long[] shape, Number value, DType dtype, Device device) {
        return Aten.full(shape, value, dtype, null, device);
    }

    /** A bool tensor full of {@code value}. */
    public static Tensor full(long[] shape, boolean value) {
        return Aten.full(shape, value ? 1 : 0, DType.BOOL);
    }

    /** The matrix [n, n] with ones on its diagonal. */
    public static Tensor eye(long n) { return Aten.eye(n); }

    /** The matrix [rows, columns] with ones on its diagonal. */
    public static Tensor eye(long rows, long columns) {
        return Aten.eye(rows, columns);
    }

    public static Tensor eye(long rows, long columns, DType dtype) { return Aten.eye(rows, columns, dtype); }

    public static Tensor eye(long rows, long columns, DType dtype, Device device) { return Aten.eye(rows, columns, dtype, null, device); }

    // ---- rows of numbers

    /** 0, 1, … before {@code end}: int64 for a whole number's type, else the default, as in Python. */
    public static Tensor arange(Number end) {
        return Aten.arange(end);
    }

    /** {@code start}, {@code start} + 1, … before {@code end}: int64 if both are of whole numbers' types, else the default. */
    public static Tensor arange(Number start, Number end) {
        return Aten.arange(start, end);
    }

    /** {@code start}, {@code start + step}, … before {@code end}: int64 if all three are of whole numbers' types, else the default. */
    public static Tensor arange(Number start, Number end, Number step) {
        return Aten.arange(start, end, step);
    }

    public static Tensor arange(Number end, DType dtype) { return Aten.arange(end, dtype); }

    public static Tensor arange(Number end, DType dtype, Device device) { return Aten.arange(end, dtype, null, device); }

    public static Tensor arange(Number start, Number end, Number step, DType dtype) { return Aten.arange(start, end, step, dtype); }

    public static Tensor arange(Number start, Number end, Number step, DType dtype, Device device) {
        return Aten.arange(start, end, step, dtype, null, device);
    }

    /** {@code steps} numbers in equal distances, {@code start} and {@code end} among them. */
    public static Tensor linspace(Number start, Number end, long steps) {
        return Aten.linspace(start, end, steps);
    }

    public static Tensor linspace(Number start, Number end, long steps, DType dtype) { return Aten.linspace(start, end, steps, dtype); }

    /** 10 to the powers of {@link #linspace}. */
    public static Tensor logspace(Number start, Number end, long steps) {
        return Aten.logspace(start, end, steps);
    }

    /** {@code base} to the powers of {@link #linspace}. */
    public static Tensor logspace(Number start, Number end, long steps, double base) {
        return Aten.logspace(start, end, steps, base);
    }

    public static Tensor logspace(Number start, Number end, long steps, double base, DType dtype) {
        return Aten.logspace(start, end, steps, base, dtype);
    }

    // ---- random numbers, of the process's generator or of one's own; the same as Python's after the same seed

    /** Uniform in [0, 1). */
    public static Tensor rand(long... shape) { return Aten.rand(shape); }

    /** Uniform in [0, 1), of the device's generator. */
    public static Tensor rand(Device device, long... shape) {
        return Aten.rand(shape, (DType) null, null, device);
    }

    public static Tensor rand(DType dtype, long... shape) { return Aten.rand(shape, dtype); }

    public static Tensor rand(DType dtype, Device device, long... shape) { return Aten.rand(shape, dtype, null, device); }

    public static Tensor rand(Generator generator, DType dtype, long... shape) { return Aten.rand(shape, generator, dtype); }

    /** Normal with mean 0 and variance 1. */
    public static Tensor randn(long... shape) { return Aten.randn(shape); }

    /** Normal with mean 0 and variance 1, of the device's generator. */
    public static Tensor randn(Device device, long... shape) {
        return Aten.randn(shape, (DType) null, null, device);
    }

    public static Tensor randn(DType dtype, long... shape) { return Aten.randn(shape, dtype); }

    public static Tensor randn(DType dtype, Device device, long... shape) { return Aten.randn(shape, dtype, null, device); }

    public static Tensor randn(Generator generator, DType dtype, long... shape) { return Aten.randn(shape, generator, dtype); }

    /** int64, uniform from 0 to before {@code high}. */
    public static Tensor randint(long high, long[] shape) {
        return Aten.randint(high, shape);
    }

    /** int64, uniform from {@code low} to before {@code high}. */
    public static Tensor randint(long low, long high, long... shape) {
        return Aten.randint(low, high, shape);
    }

    public static Tensor randint(long low, long high, long[] shape, DType dtype) { return Aten.randint(low, high, shape, dtype); }

    public static Tensor randint(long low, long high, long[] shape, Generator generator, DType dtype) {
        return Aten.randint(low, high, shape, generator, dtype);
    }

    /** The numbers from 0 to before {@code n} in a random order, int64 [n]. */
    public static Tensor randperm(long n) {
        return Aten.randperm(n);
    }

    public static Tensor randperm(long n, Generator generator) { return Aten.randperm(n, generator); }

    // ---- what is in a tensor

    /**
     * @param values each once, sorted
     * @param inverse int64, where each element is among them
     * @param counts int64, how often each occurs
     */
    public record Unique(Tensor values, Tensor inverse, Tensor counts) {}

    /** The values of {@code x}: {@code values} [K], {@code inverse} of its shape, {@code counts} [K]. */
    public static Unique unique(Tensor x) {
        var r = Aten._unique2(x, true, true, true);
        return new Unique(r.result0(), r.result1(), r.result2());
    }

    /**
     * The slices of {@code x} along {@code dim}, of size N there: {@code values} with K of them, sorted as words are, {@code inverse} [N],
     * {@code counts} [K].
     */
    public static Unique unique(Tensor x, long dim) {
        var r = Aten.uniqueDim(x, dim, true, true, true);
        return new Unique(r.result0(), r.result1(), r.result2());
    }

    // ---- copies of Java's values

    /** A tensor [] of one element, of the default type. */
    public static Tensor scalar(double value) { return Aten.scalarTensor(value); }

    /**
     * A tensor with a copy of {@code values}: an array or list of numbers or booleans, one of such arrays and so on, as in
     * {@code tensor(new float[][] {{1, 2}, {3, 4}})}, or a single number or boolean, which makes a tensor [].
     *
     * <p>
     * The element type is Java's: float32, float64, int64, int32, int16 or bool, uint8 for bytes, which count as unsigned, and complex128
     * for {@link Complex}. So {@code tensor(2.5)} is float64 and {@code tensor(2)} int32, unlike in Python.
     *
     * @throws IllegalArgumentException if the array is ragged, of more than one type, or of neither numbers nor booleans
     */
    public static Tensor tensor(Object values) { return NestedArrays.tensor(values); }

    /** {@link #tensor(Object)}, converted to {@code dtype}. */
    public static Tensor tensor(Object values, DType dtype) {
        try (var scope = Scope.open()) {
            Tensor t = NestedArrays.tensor(values);
            return scope.move(t.dtype() == dtype ? t : t.to(dtype));
        }
    }

    /**
     * A float32 tensor of a shape, with a copy of {@code values}, last dimension fastest. The empty shape, {@code new long[0]}, is that of
     * one element.
     */
    public static Tensor tensor(float[] values, long... shape) {
        return JavaMemory.copyOf(MemorySegment.ofArray(values), values.length, DType.FLOAT32, shape);
    }

    /** A float64 tensor of a shape, with a copy of {@code values}. */
    public static Tensor tensor(double[] values, long... shape) {
        return JavaMemory.copyOf(MemorySegment.ofArray(values), values.length, DType.FLOAT64, shape);
    }

    /** An int64 tensor of a shape, with a copy of {@code values}. */
    public static Tensor tensor(long[] values, long... shape) {
        return JavaMemory.copyOf(MemorySegment.ofArray(values), values.length, DType.INT64, shape);
    }

    /** An int32 tensor of a shape, with a copy of {@code values}. */
    public static Tensor tensor(int[] values, long... shape) {
        return JavaMemory.copyOf(MemorySegment.ofArray(values), values.length, DType.INT32, shape);
    }

    /** A uint8 tensor of a shape, with a copy of {@code values}, which count as unsigned. */
    public static Tensor tensor(byte[] values, long... shape) {
        return JavaMemory.copyOf(MemorySegment.ofArray(values), values.length, DType.UINT8, shape);
    }

    // ---- memory of Java's

    /** A tensor of any type with a copy of {@code bytes}: its elements in native byte order, last dimension fastest. */
    public static Tensor copyOf(MemorySegment bytes, DType dtype, long... shape) {
        return JavaMemory.copyOf(bytes, dtype, shape);
    }

    /**
     * A tensor over the memory of {@code segment}, without a copy: both sides see what the other writes. The segment is kept reachable
     * while libtorch uses it. It cannot be resized beyond its memory.
     *
     * <p>
     * An arena that is closed by hand is to outlive the tensor and all its views. After it is closed, operators of the tensor, of its views
     * and of what a graph has saved of them throw an {@link IllegalStateException}; while one of them runs, closing a shared arena throws
     * it. For that they take some microseconds more than with {@link java.lang.foreign.Arena#ofAuto} or {@code global}, whose memory nobody
     * can close. Tensors that are made of others (sparse, nested) are not watched, nor is a confined arena that its thread closes while
     * another thread computes.
     *
     * @param segment native memory, aligned for {@code dtype}, of exactly the elements of {@code shape}, last dimension fastest
     */
    public static Tensor fromBlob(MemorySegment segment, DType dtype, long... shape) {
        return JavaMemory.fromBlob(segment, dtype, shape);
    }

    /**
     * A tensor over the memory of {@code buffer} from its position to its limit, without a copy: both sides see what the other writes. The
     * buffer is kept reachable while libtorch uses it, and its position and limit stay as they are.
     *
     * @param buffer direct, in native byte order, with exactly the elements of {@code shape}, last dimension fastest
     */
    public static Tensor fromBuffer(ByteBuffer buffer, DType dtype, long... shape) {
        return JavaMemory.fromBuffer(buffer, dtype, shape);
    }

    // ---- element types

    /** The type of tensors that are made without one: float32, unless {@link #setDefaultDtype} said otherwise. */
    public static DType defaultDtype() {
        return DType.standard();
    }

    /**
     * Sets the type of tensors that are made without one, in the whole process; complex ones are made of two such numbers.
     *
     * @throws IllegalArgumentException if {@code dtype} is none of float16, bfloat16, float32, float64
     */
    public static void setDefaultDtype(DType dtype) {
        torch.set_default_dtype(torch.scalarTypeToTypeMeta(switch (dtype) {
            case FLOAT16 -> torch.ScalarType.Half;
            case BFLOAT16 -> torch.ScalarType.BFloat16;
            case FLOAT32 -> torch.ScalarType.Float;
            case FLOAT64 -> torch.ScalarType.Double;
            default -> throw new IllegalArgumentException("the default type is float16, bfloat16, float32 or float64, not " + dtype);
        }));
    }

    /** The type in which an operator of these two computes, as {@code a.add(b)} does. */
    public static DType resultType(Tensor a, Tensor b) {
        return Aten.resultType(a, b);
    }

    /** The type in which an operator of these two computes: a number's kind may change it, its size does not. */
    public static DType resultType(Tensor a, Number b) {
        return Aten.resultType(a, b);
    }

    /** The smallest type to which both convert without loss of kind: what tensors of these two types are computed in. */
    public static DType promoteTypes(DType a, DType b) {
        return Aten.promoteTypes(a, b);
    }

    /**
     * Returns whether results of the one type may be written to a tensor of the other: not fractions to integers, nor numbers to truth
     * values.
     */
    public static boolean canCast(DType from, DType to) {
        return Aten.canCast(from, to);
    }

    // ---- the process

    /** Seeds every generator: that of the CPU and those of all GPUs. The same numbers follow as in Python. */
    public static void manualSeed(long seed) {
        torch.manual_seed(seed);
    }

    /** Returns the most threads that an operator uses on the CPU when this thread calls it. */
    public static int numThreads() {
        return ThreadContext.current().caller.mostThreads();
    }

    /** Far more than are of use; with as many as the system refuses, libtorch's thread pool crashes at the end of the process. */
    public static final int MOST_THREADS = 1024;

    /**
     * Sets the number of threads of every operator in this process, whichever thread calls it. Without a number, which
     * {@code -Dpanatorch.threads=N} and {@code OMP_NUM_THREADS} set, too, operators use all cores, but those of threads that do not train
     * use fewer while other threads call operators. Sums, and so products of matrices, depend on the number in their last bits.
     *
     * @param threads from 1 to {@link #MOST_THREADS}
     */
    public static void setNumThreads(int threads) {
        requireThreads(threads);
        torch.set_num_threads(threads);
        Cores.set(threads);
    }

    /**
     * Sets the number of threads of the operators that this thread calls, but for products of matrices, which have the process's number.
     *
     * @param threads from 1 to {@link #MOST_THREADS}
     */
    public static void limitThisThread(int threads) {
        requireThreads(threads);
        ThreadContext.current().caller.limit(threads);
    }

    /** The number of threads of the pool that whole operators are given to, as TorchScript's {@code fork} does. */
    public static int numInteropThreads() {
        return Math.toIntExact(torch.get_num_interop_threads());
    }

    /** @throws IllegalStateException if the pool has begun to work, or was told its size before: libtorch takes it once */
    public static void setNumInteropThreads(int threads) {
        requireThreads(threads);
        try {
            torch.set_num_interop_threads(threads);
        } catch (RuntimeException e) {
            throw new IllegalStateException("the threads for whole operators are set once, before the first of them works", e);
        }
    }

    private static void requireThreads(int threads) {
        if (threads < 1 || threads > MOST_THREADS)
            throw new IllegalArgumentException("the number of threads is from 1 to " + MOST_THREADS + ", not " + threads);
    }

    /** {@link #useDeterministicAlgorithms(boolean, boolean)}, where an operator that has no such algorithm fails. */
    public static void useDeterministicAlgorithms(boolean on) {
        useDeterministicAlgorithms(on, false);
    }

    /**
     * Sets whether operators use, in the whole process, only algorithms that give the same bits for the same input each time, and new
     * uninitialised memory is filled. On CUDA cuBLAS wants {@code CUBLAS_WORKSPACE_CONFIG=:4096:8} in the environment with it.
     *
     * @param warnOnly whether an operator that has no such algorithm warns, and runs, rather than being a {@link TorchException}
     */
    public static void useDeterministicAlgorithms(boolean on, boolean warnOnly) {
        BackendFlag.context().setDeterministicAlgorithms(on, warnOnly);
    }

    public static boolean deterministicAlgorithms() { return BackendFlag.context().deterministicAlgorithms(); }

    /** Returns whether {@link #useDeterministicAlgorithms(boolean, boolean)} was told to warn only. */
    public static boolean deterministicAlgorithmsWarnOnly() {
        return BackendFlag.context().deterministicAlgorithmsWarnOnly();
    }

    /** The precision of float32 matrix products in the whole process; {@link MatmulPrecision#HIGHEST} at the start. */
    public static void setFloat32MatmulPrecision(MatmulPrecision precision) {
        BackendFlag.context().setFloat32MatmulPrecision(precision.toString());
    }

    public static MatmulPrecision float32MatmulPrecision() {
        return MatmulPrecision.ofCode(BackendFlag.context().float32MatmulPrecision().intern().value);
    }

    /** libtorch's version. */
    public static String version() { return NativeLibrary.LIBTORCH_VERSION; }

    /** The folder that libtorch was loaded from. */
    public static Path libraryFolder() { return NativeLibrary.folder(); }

    /** The configuration that libtorch was built with: compilers, BLAS, flags. */
    public static String buildConfiguration() {
        return text(torch.show_config());
    }

    /** The widest vector instructions libtorch uses here: {@code AVX512}, {@code AVX2}, {@code DEFAULT}. */
    public static String cpuCapability() {
        return text(torch.get_cpu_capability());
    }

    private static String text(org.bytedeco.javacpp.BytePointer p) {
        try (p) {
            return p.getString();
        }
    }

    // ---- memory

    /** Returns the number of this process's tensors and its memory. Reads a file of the system's; not for inner loops. */
    public static MemoryStats memoryStats() {
        return MemoryStats.now();
    }

    /** The number of tensors that were made and neither closed nor collected. */
    public static long liveTensors() {
        return LiveTensors.count();
    }

    /** The places where the live tensors were made; empty unless {@code -Dpanatorch.leaks=trace} is set. */
    public static List<Throwable> liveTensorSites() {
        return LiveTensors.sites();
    }
}
