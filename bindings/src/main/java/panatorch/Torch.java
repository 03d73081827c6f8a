package panatorch;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import panatorch.internal.library.NativeLibrary;
import panatorch.internal.threads.Cores;

/**
 * Creates tensors from numbers, random generators, Java values and Java memory, and holds the settings of the process: seed, threads. The
 * operators are in {@link Aten}. Methods that create a tensor like another one, such as {@code zerosLike}, are methods of that tensor.
 *
 * <p>
 * Without sizes, the shape is []. Without a type, the tensor has the default type: float32, or that of {@link #setDefaultDtype}. Without a
 * device, it is on this thread's {@link #defaultDevice}, which is the CPU unless set. New tensors belong to the current {@link Scope}.
 */
public final class Torch {
    private Torch() {}

    static {
        Startup.ensure();
    }

    // ---- filled tensors

    /** Returns a tensor of zeros; without sizes, a scalar []. */
    public static Tensor zeros(long... shape) {
        return Aten.zeros(shape, (DType) null, null, device());
    }

    /** Returns a tensor of zeros. */
    public static Tensor zeros(Device device, long... shape) {
        return Aten.zeros(shape, (DType) null, null, device);
    }

    public static Tensor zeros(DType dtype, long... shape) { return Aten.zeros(shape, dtype, null, device()); }

    public static Tensor zeros(DType dtype, Device device, long... shape) { return Aten.zeros(shape, dtype, null, device); }

    /** Returns a tensor of ones. */
    public static Tensor ones(long... shape) { return Aten.ones(shape, (DType) null, null, device()); }

    /** Returns a tensor of ones. */
    public static Tensor ones(Device device, long... shape) {
        return Aten.ones(shape, (DType) null, null, device);
    }

    public static Tensor ones(DType dtype, long... shape) { return Aten.ones(shape, dtype, null, device()); }

    public static Tensor ones(DType dtype, Device device, long... shape) { return Aten.ones(shape, dtype, null, device); }

    /** Returns a tensor of uninitialised memory. */
    public static Tensor empty(long... shape) {
        return Aten.empty(shape, (DType) null, null, device());
    }

    /** Returns a tensor of uninitialised memory. */
    public static Tensor empty(Device device, long... shape) {
        return Aten.empty(shape, (DType) null, null, device);
    }

    /** Returns a tensor of uninitialised memory. */
    public static Tensor empty(DType dtype, long... shape) {
        return Aten.empty(shape, dtype, null, device());
    }

    /** Returns a tensor of uninitialised memory. */
    public static Tensor empty(DType dtype, Device device, long... shape) {
        return Aten.empty(shape, dtype, null, device);
    }

    /** Returns a tensor filled with {@code value}: int64 if {@code value} is of an integer type, otherwise the default type. */
    public static Tensor full(long[] shape, Number value) {
        return Aten.full(shape, value, (DType) null, null, device());
    }

    public static Tensor full(long[] shape, Number value, DType dtype) { return Aten.full(shape, value, dtype, null, device()); }

    public static Tensor full(long[] shape, Number value, DType dtype, Device device) {
        return Aten.full(shape, value, dtype, null, device);
    }

    /** Returns a bool tensor filled with {@code value}. */
    public static Tensor full(long[] shape, boolean value) {
        return Aten.full(shape, value ? 1 : 0, DType.BOOL, null, device());
    }

    /** Returns the matrix [n, n] with ones on its diagonal. */
    public static Tensor eye(long n) {
        return Aten.eye(n, (DType) null, null, device());
    }

    /** Returns the matrix [rows, columns] with ones on its diagonal. */
    public static Tensor eye(long rows, long columns) {
        return Aten.eye(rows, columns, (DType) null, null, device());
    }

    public static Tensor eye(long rows, long columns, DType dtype) { return Aten.eye(rows, columns, dtype, null, device()); }

    public static Tensor eye(long rows, long columns, DType dtype, Device device) { return Aten.eye(rows, columns, dtype, null, device); }

    // ---- rows of numbers

    /**
     * Returns 0, 1, … up to but not including {@code end}: int64 if {@code end} is of an integer type, otherwise the default type, as in
     * Python.
     */
    public static Tensor arange(Number end) {
        return Aten.arange(end, (DType) null, null, device());
    }

    /**
     * Returns {@code start}, {@code start} + 1, … up to but not including {@code end}: int64 if both are of integer types, otherwise the
     * default type.
     */
    public static Tensor arange(Number start, Number end) {
        return Aten.arange(start, end, (DType) null, null, device());
    }

    /**
     * Returns {@code start}, {@code start + step}, … up to but not including {@code end}: int64 if all three are of integer types,
     * otherwise the default type.
     */
    public static Tensor arange(Number start, Number end, Number step) {
        return Aten.arange(start, end, step, (DType) null, null, device());
    }

    public static Tensor arange(Number end, DType dtype) { return Aten.arange(end, dtype, null, device()); }

    public static Tensor arange(Number end, DType dtype, Device device) { return Aten.arange(end, dtype, null, device); }

    public static Tensor arange(Number start, Number end, Number step, DType dtype) {
        return Aten.arange(start, end, step, dtype, null, device());
    }

    public static Tensor arange(Number start, Number end, Number step, DType dtype, Device device) {
        return Aten.arange(start, end, step, dtype, null, device);
    }

    /** Returns {@code steps} evenly spaced numbers from {@code start} to {@code end}, both included. */
    public static Tensor linspace(Number start, Number end, long steps) {
        return Aten.linspace(start, end, steps, (DType) null, null, device());
    }

    public static Tensor linspace(Number start, Number end, long steps, DType dtype) {
        return Aten.linspace(start, end, steps, dtype, null, device());
    }

    /** Returns 10 raised to the numbers of {@link #linspace}. */
    public static Tensor logspace(Number start, Number end, long steps) {
        return Aten.logspace(start, end, steps, 10, (DType) null, null, device());
    }

    /** Returns {@code base} raised to the numbers of {@link #linspace}. */
    public static Tensor logspace(Number start, Number end, long steps, double base) {
        return Aten.logspace(start, end, steps, base, (DType) null, null, device());
    }

    public static Tensor logspace(Number start, Number end, long steps, double base, DType dtype) {
        return Aten.logspace(start, end, steps, base, dtype, null, device());
    }

    // ---- shapes

    /**
     * Returns the shape that tensors of these shapes are broadcast to: {@code torch.broadcast_shapes}.
     *
     * @throws IllegalArgumentException if they do not fit one another
     */
    public static long[] broadcastShapes(long[]... shapes) {
        int dims = Arrays.stream(shapes).mapToInt(shape -> shape.length).max().orElse(0);
        long[] all = new long[dims];
        Arrays.fill(all, 1);
        for (long[] shape : shapes)
            for (int d = 0; d < shape.length; d++) {
                int at = dims - shape.length + d;
                if (shape[d] == 1 || shape[d] == all[at]) continue;
                if (all[at] != 1)
                    throw new IllegalArgumentException("the shapes " + Arrays.deepToString(shapes) + " do not fit: dimension " + (at - dims)
                            + " is " + all[at] + " and " + shape[d]);
                all[at] = shape[d];
            }
        return all;
    }

    // ---- random numbers, of the process's generator or of one's own (then on the CPU); the same as Python's after the same seed

    /** Returns random numbers, uniform in [0, 1). */
    public static Tensor rand(long... shape) {
        return Aten.rand(shape, (DType) null, null, device());
    }

    /** Returns random numbers, uniform in [0, 1), from the device's default generator. */
    public static Tensor rand(Device device, long... shape) {
        return Aten.rand(shape, (DType) null, null, device);
    }

    public static Tensor rand(DType dtype, long... shape) { return Aten.rand(shape, dtype, null, device()); }

    public static Tensor rand(DType dtype, Device device, long... shape) { return Aten.rand(shape, dtype, null, device); }

    public static Tensor rand(Generator generator, DType dtype, long... shape) { return Aten.rand(shape, generator, dtype); }

    /** Returns random numbers, normal with mean 0 and variance 1. */
    public static Tensor randn(long... shape) {
        return Aten.randn(shape, (DType) null, null, device());
    }

    /** Returns random numbers, normal with mean 0 and variance 1, from the device's default generator. */
    public static Tensor randn(Device device, long... shape) {
        return Aten.randn(shape, (DType) null, null, device);
    }

    public static Tensor randn(DType dtype, long... shape) { return Aten.randn(shape, dtype, null, device()); }

    public static Tensor randn(DType dtype, Device device, long... shape) { return Aten.randn(shape, dtype, null, device); }

    public static Tensor randn(Generator generator, DType dtype, long... shape) { return Aten.randn(shape, generator, dtype); }

    /** Returns random int64 numbers, uniform from 0 to {@code high}, exclusive. */
    public static Tensor randint(long high, long[] shape) {
        return Aten.randint(high, shape, DType.INT64, null, device());
    }

    /** Returns random int64 numbers, uniform from {@code low} to {@code high}, exclusive. */
    public static Tensor randint(long low, long high, long... shape) {
        return Aten.randint(low, high, shape, DType.INT64, null, device());
    }

    public static Tensor randint(long low, long high, long[] shape, DType dtype) {
        return Aten.randint(low, high, shape, dtype, null, device());
    }

    public static Tensor randint(long low, long high, long[] shape, Generator generator, DType dtype) {
        return Aten.randint(low, high, shape, generator, dtype);
    }

    /** Returns the numbers from 0 to {@code n}, exclusive, in random order as int64 [n]. */
    public static Tensor randperm(long n) {
        return Aten.randperm(n, DType.INT64, null, device());
    }

    public static Tensor randperm(long n, Generator generator) { return Aten.randperm(n, generator); }

    // ---- what is in a tensor

    /**
     * The distinct values of a tensor.
     *
     * @param values each value once, sorted
     * @param inverse int64, the index of each element in {@code values}
     * @param counts int64, how often each value occurs
     */
    public record Unique(Tensor values, Tensor inverse, Tensor counts) {}

    /** Returns the distinct values of {@code x}: {@code values} [K], {@code inverse} of the shape of {@code x}, {@code counts} [K]. */
    public static Unique unique(Tensor x) {
        var r = Aten._unique2(x, true, true, true);
        return new Unique(r.result0(), r.result1(), r.result2());
    }

    /**
     * Returns the distinct slices of {@code x} along {@code dim}, which has size N: {@code values} with K slices in lexicographic order,
     * {@code inverse} [N], {@code counts} [K].
     */
    public static Unique unique(Tensor x, long dim) {
        var r = Aten.uniqueDim(x, dim, true, true, true);
        return new Unique(r.result0(), r.result1(), r.result2());
    }

    // ---- copies of Java's values

    /** Returns a tensor [] of one element and the default type. */
    public static Tensor scalar(double value) {
        return Aten.scalarTensor(value, (DType) null, null, device());
    }

    /**
     * Returns a tensor with a copy of {@code values}. They are an array or list of numbers or booleans, nested to any depth, as in
     * {@code tensor(new float[][] {{1, 2}, {3, 4}})}; or a single number or boolean, which makes a tensor [].
     *
     * <p>
     * The element type follows Java's: float32, float64, int64, int32, int16 or bool; uint8 for bytes, which count as unsigned; complex128
     * for {@link Complex}. So {@code tensor(2.5)} is float64 and {@code tensor(2)} is int32, unlike in Python.
     *
     * @throws IllegalArgumentException if the array is ragged, mixes types, or holds neither numbers nor booleans
     */
    public static Tensor tensor(Object values) { return DefaultDevice.placed(NestedArrays.tensor(values)); }

    /** Returns a tensor with a copy of {@code values}, as {@link #tensor(Object)}, converted to {@code dtype}. */
    public static Tensor tensor(Object values, DType dtype) {
        Tensor made;
        try (var scope = Scope.open()) {
            Tensor t = NestedArrays.tensor(values);
            made = scope.move(t.dtype() == dtype ? t : t.to(dtype));
        }
        return DefaultDevice.placed(made);
    }

    /**
     * Returns a float32 tensor of the given shape with a copy of {@code values}, last dimension fastest. The empty shape,
     * {@code new long[0]}, holds one element.
     */
    public static Tensor tensor(float[] values, long... shape) {
        return DefaultDevice.placed(JavaMemory.copyOf(MemorySegment.ofArray(values), values.length, DType.FLOAT32, shape));
    }

    /** Returns a float64 tensor of the given shape with a copy of {@code values}. */
    public static Tensor tensor(double[] values, long... shape) {
        return DefaultDevice.placed(JavaMemory.copyOf(MemorySegment.ofArray(values), values.length, DType.FLOAT64, shape));
    }

    /** Returns an int64 tensor of the given shape with a copy of {@code values}. */
    public static Tensor tensor(long[] values, long... shape) {
        return DefaultDevice.placed(JavaMemory.copyOf(MemorySegment.ofArray(values), values.length, DType.INT64, shape));
    }

    /** Returns an int32 tensor of the given shape with a copy of {@code values}. */
    public static Tensor tensor(int[] values, long... shape) {
        return DefaultDevice.placed(JavaMemory.copyOf(MemorySegment.ofArray(values), values.length, DType.INT32, shape));
    }

    /** Returns a uint8 tensor of the given shape with a copy of {@code values}, which count as unsigned. */
    public static Tensor tensor(byte[] values, long... shape) {
        return DefaultDevice.placed(JavaMemory.copyOf(MemorySegment.ofArray(values), values.length, DType.UINT8, shape));
    }

    // ---- memory of Java's

    /** Returns a CPU tensor of any type with a copy of {@code bytes}: its elements in native byte order, last dimension fastest. */
    public static Tensor copyOf(MemorySegment bytes, DType dtype, long... shape) {
        return JavaMemory.copyOf(bytes, dtype, shape);
    }

    /**
     * Returns a tensor over the memory of {@code segment}, without a copy: Java and libtorch see each other's writes. The segment stays
     * reachable while libtorch uses it. The tensor cannot be resized beyond its memory.
     *
     * <p>
     * An arena that is closed explicitly must outlive the tensor and all its views. After it is closed, operators on the tensor, on its
     * views and on what a graph has saved of them throw an {@link IllegalStateException}. While one of them runs, closing a shared arena
     * throws that exception. These checks cost some microseconds a call, which {@link java.lang.foreign.Arena#ofAuto} and {@code global}
     * avoid, as nobody can close their memory. Two cases are not checked: tensors composed of others (sparse, nested), and a confined arena
     * that its thread closes while another thread computes.
     *
     * @param segment native memory, aligned for {@code dtype}, that holds exactly the elements of {@code shape}, last dimension fastest
     */
    public static Tensor fromBlob(MemorySegment segment, DType dtype, long... shape) {
        return JavaMemory.fromBlob(segment, dtype, shape);
    }

    /**
     * Returns a tensor over the memory of {@code buffer} from its position to its limit, without a copy: Java and libtorch see each other's
     * writes. The buffer stays reachable while libtorch uses it. Its position and limit do not change.
     *
     * @param buffer a direct buffer in native byte order that holds exactly the elements of {@code shape}, last dimension fastest
     */
    public static Tensor fromBuffer(ByteBuffer buffer, DType dtype, long... shape) {
        return JavaMemory.fromBuffer(buffer, dtype, shape);
    }

    // ---- element types

    /** Returns the type of tensors that are created without one: float32, unless {@link #setDefaultDtype} changed it. */
    public static DType defaultDtype() {
        return DType.standard();
    }

    /**
     * Sets the type of tensors that are created without one, for the whole process. Complex tensors consist of pairs of such numbers.
     *
     * @throws IllegalArgumentException if {@code dtype} is none of float16, bfloat16, float32, float64
     */
    public static void setDefaultDtype(DType dtype) {
        torch.set_default_dtype(torch.scalarTypeToTypeMeta(switch (dtype) {
            case FLOAT16 -> torch.ScalarType.Half;
            case BFLOAT16 -> torch.ScalarType.BFloat16;
            case FLOAT32 -> torch.ScalarType.Float;
            case FLOAT64 -> torch.ScalarType.Double;
            default -> throw new IllegalArgumentException("the default dtype must be float16, bfloat16, float32 or float64, not " + dtype);
        }));
    }

    // ---- the device of new tensors

    private static @Nullable Device device() { return DefaultDevice.get(); }

    /** Returns the device of tensors that this thread creates without one: the CPU, unless {@link #setDefaultDevice} changed it. */
    public static Device defaultDevice() {
        Device d = device();
        return d == null ? Device.CPU : d;
    }

    /**
     * Sets the device of tensors that this thread creates without one: {@code torch.set_default_device}. It affects the factories of this
     * class and so the modules made by them. As in Python, it affects neither other threads nor factories that are operators of
     * {@link Aten}, nor those that are like a tensor or share or copy Java's memory ({@link #fromBlob}, {@link #fromBuffer},
     * {@link #copyOf}). Unlike in Python, factories that take a {@link Generator} stay on the CPU. {@link Device#asDefault} sets it for a
     * while.
     *
     * @param device the device; {@code cuda} without a number means the current one of each call. Null is the CPU
     */
    public static void setDefaultDevice(@Nullable Device device) {
        DefaultDevice.set(device);
    }

    /** Returns the type in which an operator on these two, such as {@code a.add(b)}, computes. */
    public static DType resultType(Tensor a, Tensor b) {
        return Aten.resultType(a, b);
    }

    /**
     * Returns the type in which an operator on these two computes. The number's kind (integer, real, complex) may change it, its size does
     * not.
     */
    public static DType resultType(Tensor a, Number b) {
        return Aten.resultType(a, b);
    }

    /** Returns the smallest type to which both convert without loss of kind, in which operators on tensors of these two types compute. */
    public static DType promoteTypes(DType a, DType b) {
        return Aten.promoteTypes(a, b);
    }

    /**
     * Returns whether results of type {@code from} may be written to a tensor of type {@code to}. Floating-point results cannot be written
     * to integers, nor numbers to bool.
     */
    public static boolean canCast(DType from, DType to) {
        return Aten.canCast(from, to);
    }

    // ---- the process

    /** Seeds the default generators of the CPU and of all GPUs. The same random numbers follow as in Python. */
    public static void manualSeed(long seed) {
        torch.manual_seed(seed);
    }

    /** Returns the largest number of threads that an operator uses on the CPU when this thread calls it. */
    public static int numThreads() {
        return ThreadContext.current().caller.mostThreads();
    }

    /**
     * The largest number of threads that can be set, far more than are of use. If the system refuses to start as many threads as are set,
     * libtorch's thread pool crashes at the end of the process.
     */
    public static final int MOST_THREADS = 1024;

    /**
     * Sets the number of threads of every operator in this process, whichever thread calls it. {@code -Dpanatorch.threads=N} and
     * {@code OMP_NUM_THREADS} set it, too. If it is not set, operators use all cores, but operators of threads that do not train use fewer
     * while other threads call operators. The last bits of sums, and so of matrix products, depend on the number.
     *
     * @param threads from 1 to {@link #MOST_THREADS}
     */
    public static void setNumThreads(int threads) {
        requireThreads(threads);
        torch.set_num_threads(threads);
        Cores.set(threads);
    }

    /**
     * Sets the number of threads of the operators that this thread calls. Matrix products are an exception: they use the process's number.
     *
     * @param threads from 1 to {@link #MOST_THREADS}
     */
    public static void limitThisThread(int threads) {
        requireThreads(threads);
        ThreadContext.current().caller.limit(threads);
    }

    /** Returns the number of threads of the pool that runs whole operators, which for example TorchScript's {@code fork} uses. */
    public static int numInteropThreads() {
        return Math.toIntExact(torch.get_num_interop_threads());
    }

    /**
     * Sets the number of threads of the pool that runs whole operators.
     *
     * @throws IllegalStateException if the pool has begun to work or its size was set before, as libtorch accepts it only once
     */
    public static void setNumInteropThreads(int threads) {
        requireThreads(threads);
        try {
            torch.set_num_interop_threads(threads);
        } catch (RuntimeException e) {
            throw new IllegalStateException(
                    "the number of inter-operator threads is fixed; set it once, before the first operator runs on one of them", e);
        }
    }

    private static void requireThreads(int threads) {
        if (threads < 1 || threads > MOST_THREADS)
            throw new IllegalArgumentException("the number of threads must be from 1 to " + MOST_THREADS + ", not " + threads);
    }

    /**
     * Sets whether operators use only deterministic algorithms; an operator that has none fails. See
     * {@link #useDeterministicAlgorithms(boolean, boolean)}.
     */
    public static void useDeterministicAlgorithms(boolean on) {
        useDeterministicAlgorithms(on, false);
    }

    /**
     * Sets for the whole process whether operators use only algorithms that give the same bits for the same input each time. New
     * uninitialised memory is then filled, too. On CUDA, cuBLAS also needs {@code CUBLAS_WORKSPACE_CONFIG=:4096:8} in the environment.
     *
     * @param warnOnly whether an operator that has no such algorithm warns and runs, instead of throwing a {@link TorchException}
     */
    public static void useDeterministicAlgorithms(boolean on, boolean warnOnly) {
        BackendFlag.context().setDeterministicAlgorithms(on, warnOnly);
    }

    public static boolean deterministicAlgorithms() { return BackendFlag.context().deterministicAlgorithms(); }

    /** Returns the {@code warnOnly} of the last {@link #useDeterministicAlgorithms(boolean, boolean)}. */
    public static boolean deterministicAlgorithmsWarnOnly() {
        return BackendFlag.context().deterministicAlgorithmsWarnOnly();
    }

    /** Sets the precision of float32 matrix products for the whole process. The initial one is {@link MatmulPrecision#HIGHEST}. */
    public static void setFloat32MatmulPrecision(MatmulPrecision precision) {
        BackendFlag.context().setFloat32MatmulPrecision(precision.toString());
    }

    public static MatmulPrecision float32MatmulPrecision() {
        return MatmulPrecision.ofCode(BackendFlag.context().float32MatmulPrecision().intern().value);
    }

    /** Returns the way in which this process prints tensors. */
    public static PrintOptions printOptions() {
        return TensorFormat.options;
    }

    /**
     * Sets how this process prints tensors: {@code torch.set_printoptions}. {@link Tensor#toString(PrintOptions)} prints one tensor in
     * another way.
     */
    public static void setPrintOptions(PrintOptions options) { TensorFormat.options = Objects.requireNonNull(options, "options"); }

    /** Returns libtorch's version. */
    public static String version() { return NativeLibrary.LIBTORCH_VERSION; }

    /** Returns the folder that libtorch was loaded from. */
    public static Path libraryFolder() { return NativeLibrary.folder(); }

    /** Returns the configuration that libtorch was built with: compilers, BLAS, flags. */
    public static String buildConfiguration() {
        return text(torch.show_config());
    }

    /** Returns the widest vector instructions that libtorch uses on this CPU: {@code AVX512}, {@code AVX2}, {@code DEFAULT}. */
    public static String cpuCapability() {
        return text(torch.get_cpu_capability());
    }

    private static String text(org.bytedeco.javacpp.BytePointer p) {
        try (p) {
            return p.getString();
        }
    }

    // ---- memory

    /** Returns the number of this process's tensors and its memory use. Not for inner loops, as it reads a file of the operating system. */
    public static MemoryStats memoryStats() {
        return MemoryStats.now();
    }

    /** Returns the number of tensors that are neither closed nor garbage-collected. */
    public static long liveTensors() {
        return LiveTensors.count();
    }

    /** Returns the places where the live tensors were made; empty unless {@code -Dpanatorch.leaks=trace} is set. */
    public static List<Throwable> liveTensorSites() {
        return LiveTensors.sites();
    }
}
