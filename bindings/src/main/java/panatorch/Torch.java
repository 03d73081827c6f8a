package panatorch;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.bytedeco.pytorch.global.torch;
import panatorch.internal.library.NativeLibrary;
import panatorch.internal.libtorch.CApi;

/** Tensors from Java's values and memory, and what is set once for the process: seed, threads. Operators are in {@link Aten}. */
public final class Torch {
    private Torch() {}

    static {
        NativeLibrary.load();
    }

    // ---- tensors

    public static Tensor zeros(DType dtype, long... shape) { return Aten.zeros(shape, dtype); }

    public static Tensor ones(DType dtype, long... shape) { return Aten.ones(shape, dtype); }

    /** Uninitialised memory. */
    public static Tensor empty(DType dtype, long... shape) { return Aten.empty(shape, dtype); }

    /** A float32 tensor [] of one element. */
    public static Tensor scalar(double value) { return Aten.scalarTensor(value, DType.FLOAT32); }

    /** A float32 tensor with a copy of {@code values}; without a shape [values.length]. */
    public static Tensor tensor(float[] values, long... shape) { return copy(MemorySegment.ofArray(values), DType.FLOAT32, values.length, shape); }

    /** A float64 tensor with a copy of {@code values}. */
    public static Tensor tensor(double[] values, long... shape) { return copy(MemorySegment.ofArray(values), DType.FLOAT64, values.length, shape); }

    /** An int64 tensor with a copy of {@code values}. */
    public static Tensor tensor(long[] values, long... shape) { return copy(MemorySegment.ofArray(values), DType.INT64, values.length, shape); }

    /** An int32 tensor with a copy of {@code values}. */
    public static Tensor tensor(int[] values, long... shape) { return copy(MemorySegment.ofArray(values), DType.INT32, values.length, shape); }

    /** A uint8 tensor with a copy of {@code values}, which count as unsigned. */
    public static Tensor tensor(byte[] values, long... shape) { return copy(MemorySegment.ofArray(values), DType.UINT8, values.length, shape); }

    /** A tensor of any type with a copy of {@code bytes}: its elements in native byte order. */
    public static Tensor copyOf(MemorySegment bytes, DType dtype, long... shape) {
        if (bytes.byteSize() != elements(shape) * dtype.bytes()) throw new IllegalArgumentException(
                bytes.byteSize() + " bytes are not a " + dtype + " tensor of shape " + Arrays.toString(shape));
        Tensor t = empty(dtype, shape);
        try (var arena = Arena.ofConfined()) {
            t.data(arena).copyFrom(bytes);
        }
        return t;
    }

    private static Tensor copy(MemorySegment values, DType dtype, int length, long[] shape) {
        if (shape.length > 0 && elements(shape) != length) throw new IllegalArgumentException(length + " values do not fill shape " + Arrays.toString(shape));
        return copyOf(values, dtype, shape.length == 0 ? new long[] {length} : shape);
    }

    private static long elements(long[] shape) {
        long n = 1;
        for (long s : shape) {
            if (s < 0) throw new IllegalArgumentException("a negative size in shape " + Arrays.toString(shape));
            if (Math.multiplyHigh(n, s) != 0 || n * s < 0) throw new IllegalArgumentException("too many elements in shape " + Arrays.toString(shape));
            n *= s;
        }
        return n;
    }

    // ---- memory of Java's

    private static final ConcurrentHashMap<Long, MemorySegment> HELD = new ConcurrentHashMap<>();
    private static final AtomicLong NEXT = new AtomicLong(1);

    private static final class Deleter {
        static final MemorySegment STUB = stub();

        @SuppressWarnings("restricted")
        private static MemorySegment stub() {
            try {
                var release = MethodHandles.lookup().findStatic(Deleter.class, "release", MethodType.methodType(void.class, MemorySegment.class, MemorySegment.class));
                return Linker.nativeLinker().upcallStub(release, FunctionDescriptor.ofVoid(ValueLayout.ADDRESS, ValueLayout.ADDRESS), Arena.global());
            } catch (ReflectiveOperationException e) {
                throw new AssertionError(e);
            }
        }

        private static void release(MemorySegment data, MemorySegment context) { HELD.remove(context.address()); }
    }

    /**
     * A tensor over the memory of {@code segment}, without a copy: both sides see what the other writes. The segment is kept
     * reachable while libtorch uses it; the memory of an arena that is closed by hand must outlive the tensor and all its views.
     *
     * @param segment native memory, aligned for {@code dtype}, of exactly the elements of {@code shape}, last dimension fastest
     */
    public static Tensor fromBlob(MemorySegment segment, DType dtype, long... shape) {
        if (!segment.isNative()) throw new IllegalArgumentException("the segment is on Java's heap, which moves; allocate it from an Arena, or use copyOf");
        if (!segment.scope().isAlive()) throw new IllegalStateException("the segment's arena is closed");
        if (!segment.isAccessibleBy(Thread.currentThread())) throw new WrongThreadException("the segment belongs to another thread's arena");
        if (segment.isReadOnly()) throw new IllegalArgumentException("the segment is read-only, and operators may write to a tensor; map a file PRIVATE, or use copyOf");
        if (segment.byteSize() != elements(shape) * dtype.bytes()) throw new IllegalArgumentException(
                "a segment of " + segment.byteSize() + " bytes is not a " + dtype + " tensor of shape " + Arrays.toString(shape));
        if (segment.address() % Math.min(8, dtype.bytes()) != 0) throw new IllegalArgumentException("the segment is not aligned for " + dtype);
        long key = NEXT.getAndIncrement();
        HELD.put(key, segment);
        try (var arena = Arena.ofConfined()) {
            var strides = new long[shape.length];
            long stride = 1;
            for (int d = shape.length - 1; d >= 0; d--) {
                strides[d] = stride;
                stride *= Math.max(1, shape[d]);
            }
            var out = arena.allocate(ValueLayout.JAVA_LONG);
            long impl = CApi.fromBlob(segment, arena.allocateFrom(ValueLayout.JAVA_LONG, shape), arena.allocateFrom(ValueLayout.JAVA_LONG, strides),
                    dtype.code(), out, Deleter.STUB, MemorySegment.ofAddress(key));
            return ThreadContext.current().adopt(impl);
        } catch (RuntimeException e) {
            HELD.remove(key);
            throw e;
        }
    }

    // ---- the process

    /** Seeds every generator: that of the CPU and those of all GPUs. The same numbers follow as in Python. */
    public static void manualSeed(long seed) { torch.manual_seed(seed); }

    /** Threads that one operator may use on the CPU when this thread runs it. */
    public static int numThreads() { return torch.get_num_threads(); }

    /** Far more than are of use; with as many as the system refuses, libtorch's thread pool crashes at the end of the process. */
    private static final int MOST_THREADS = 1024;

    /**
     * Sets the threads of operators that this thread runs, and of those that threads new to libtorch will run; threads that have used it
     * before keep their number. A thread's first use of libtorch sets it up, so ask for {@link #numThreads} before setting another number.
     */
    public static void setNumThreads(int threads) {
        if (threads < 1 || threads > MOST_THREADS) throw new IllegalArgumentException("the number of threads is from 1 to " + MOST_THREADS + ", not " + threads);
        torch.set_num_threads(threads);
    }

    public static boolean cudaIsAvailable() { return torch.hasCUDA(); }

    /** libtorch's version. */
    public static String version() { return NativeLibrary.LIBTORCH_VERSION; }

    /** Where libtorch was loaded from. */
    public static Path libraryFolder() { return NativeLibrary.folder(); }

    /** How libtorch was built: compilers, BLAS, flags. */
    public static String buildConfiguration() { return text(torch.show_config()); }

    /** The widest vector instructions libtorch uses here: {@code AVX512}, {@code AVX2}, {@code DEFAULT}. */
    public static String cpuCapability() { return text(torch.get_cpu_capability()); }

    private static String text(org.bytedeco.javacpp.BytePointer p) {
        try (p) {
            return p.getString();
        }
    }

    // ---- leaks

    /** How many tensors were made and neither closed nor collected. */
    public static long liveTensors() { return LiveTensors.count(); }

    /** Where the live tensors were made; empty unless {@code -Dpanatorch.leaks=trace} is set. */
    public static List<Throwable> liveTensorSites() { return LiveTensors.sites(); }

}
