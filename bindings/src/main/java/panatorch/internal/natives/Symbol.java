package panatorch.internal.natives;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Every native function and variable that PanaTorch looks up by its name, with its type. C++ names are spelled as the platform's compiler
 * spells them: GCC's C++ library on Linux, Clang's on macOS, MSVC on Windows. A name is required or optional. If an optional one is
 * missing, only the feature that it names is missing.
 *
 * <p>
 * A name has no spelling for a platform that does not have it, or where the function's arguments have another form, as a
 * {@code std::string} or {@code std::function} has in each C++ library. Libraries have to be loaded before their names are looked up.
 */
public enum Symbol {
    // libtorch's C interface
    GET_NUMEL(Feature.ALL, Library.LIBTORCH, Names.everywhere("aoti_torch_get_numel"), Types.GETTER, Types.CRITICAL),
    GET_DIM(Feature.ALL, Library.LIBTORCH, Names.everywhere("aoti_torch_get_dim"), Types.GETTER, Types.CRITICAL),
    GET_SIZES(Feature.ALL, Library.LIBTORCH, Names.everywhere("aoti_torch_get_sizes"), Types.GETTER, Types.CRITICAL),
    GET_STRIDES(Feature.ALL, Library.LIBTORCH, Names.everywhere("aoti_torch_get_strides"), Types.GETTER, Types.CRITICAL),
    GET_DTYPE(Feature.ALL, Library.LIBTORCH, Names.everywhere("aoti_torch_get_dtype"), Types.GETTER, Types.CRITICAL),
    GET_DEVICE_TYPE(Feature.ALL, Library.LIBTORCH, Names.everywhere("aoti_torch_get_device_type"), Types.GETTER, Types.CRITICAL),
    GET_DEVICE_INDEX(Feature.ALL, Library.LIBTORCH, Names.everywhere("aoti_torch_get_device_index"), Types.GETTER, Types.CRITICAL),
    GET_DATA_POINTER(Feature.ALL, Library.LIBTORCH, Names.everywhere("aoti_torch_get_data_ptr"), Types.GETTER, Types.CRITICAL),
    GET_STORAGE_OFFSET(Feature.ALL, Library.LIBTORCH, Names.everywhere("aoti_torch_get_storage_offset"), Types.GETTER, Types.CRITICAL),
    GET_LAYOUT(Feature.ALL, Library.LIBTORCH, Names.everywhere("aoti_torch_get_layout"), Types.GETTER, Types.CRITICAL),
    GET_STORAGE_SIZE(Feature.ALL, Library.LIBTORCH, Names.everywhere("aoti_torch_get_storage_size"), Types.GETTER, Types.CRITICAL),
    GRAD_MODE_IS_ENABLED(Feature.ALL, Library.LIBTORCH, Names.everywhere("aoti_torch_grad_mode_is_enabled"),
            FunctionDescriptor.of(JAVA_BOOLEAN), Types.CRITICAL),
    GRAD_MODE_SET_ENABLED(Feature.ALL, Library.LIBTORCH, Names.everywhere("aoti_torch_grad_mode_set_enabled"),
            FunctionDescriptor.ofVoid(JAVA_BOOLEAN), Types.CRITICAL),
    EXCEPTION_WHAT(Feature.ALL, Library.LIBTORCH, Names.everywhere("torch_exception_get_what_without_backtrace"),
            FunctionDescriptor.of(ADDRESS)),
    DELETE_TENSOR(Feature.ALL, Library.LIBTORCH, Names.everywhere("aoti_torch_delete_tensor_object"), FunctionDescriptor.of(JAVA_INT,
            JAVA_LONG)),
    FROM_BLOB(Feature.ALL, Library.LIBTORCH, Names.everywhere("torch_from_blob"), FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG,
            ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS)),
    ABI_VERSION(Feature.ALL, Library.LIBTORCH, Names.everywhere("aoti_torch_abi_version"), FunctionDescriptor.of(JAVA_LONG)),

    // libtorch in C++, required
    REQUIRES_GRAD(Feature.ALL, Library.LIBTORCH, Names.of("_ZNK3c1010TensorImpl13requires_gradEv",
            "?requires_grad@TensorImpl@c10@@QEBA_NXZ"), FunctionDescriptor.of(JAVA_BOOLEAN, JAVA_LONG), Types.CRITICAL),
    EXCLUDE_KEYS(Feature.ALL, Library.LIBTORCH, Names.of("_ZN3c104impl23ExcludeDispatchKeyGuardC1ENS_14DispatchKeySetE",
            "??0ExcludeDispatchKeyGuard@impl@c10@@QEAA@VDispatchKeySet@2@@Z"), FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG),
            Types.CRITICAL),
    AUTOGRAD_STATE(Feature.ALL, Library.LIBTORCH, Names.of("_ZN3c1013AutogradState13get_tls_stateEv",
            "?get_tls_state@AutogradState@c10@@SAAEAU12@XZ"), FunctionDescriptor.of(JAVA_LONG), Types.CRITICAL),
    AUTOCAST_DTYPE(Feature.ALL, Library.LIBTORCH, Names.of("_ZN2at8autocast18get_autocast_dtypeEN3c1010DeviceTypeE",
            "?get_autocast_dtype@autocast@at@@YA?AW4ScalarType@c10@@W4DeviceType@4@@Z"), FunctionDescriptor.of(JAVA_BYTE, JAVA_BYTE),
            Types.CRITICAL),
    SET_AUTOCAST_DTYPE(Feature.ALL, Library.LIBTORCH, Names.of("_ZN2at8autocast18set_autocast_dtypeEN3c1010DeviceTypeENS1_10ScalarTypeE",
            "?set_autocast_dtype@autocast@at@@YAXW4DeviceType@c10@@W4ScalarType@4@@Z"), FunctionDescriptor.ofVoid(JAVA_BYTE, JAVA_BYTE),
            Types.CRITICAL),
    INCREMENT_AUTOCAST(Feature.ALL, Library.LIBTORCH, Names.of("_ZN2at8autocast17increment_nestingEv",
            "?increment_nesting@autocast@at@@YAHXZ"), FunctionDescriptor.of(JAVA_INT), Types.CRITICAL),
    DECREMENT_AUTOCAST(Feature.ALL, Library.LIBTORCH, Names.of("_ZN2at8autocast17decrement_nestingEv",
            "?decrement_nesting@autocast@at@@YAHXZ"), FunctionDescriptor.of(JAVA_INT), Types.CRITICAL),

    // libtorch in C++, optional
    DEFAULT_ENGINE(Feature.DERIVATIVES, Library.LIBTORCH, Names.of("_ZN5torch8autograd6Engine18get_default_engineEv",
            "?get_default_engine@Engine@autograd@torch@@SAAEAU123@XZ"), FunctionDescriptor.of(JAVA_LONG)),
    QUEUE_CALLBACK(Feature.DERIVATIVES, Library.LIBTORCH, Names.linux("_ZN5torch8autograd6Engine14queue_callbackESt8functionIFvvEE"),
            FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG)),
    /** The slot of a leaf's hook. MSVC lays out the virtual functions of a hook in another way. */
    POST_ACCUMULATE_HOOKS(Feature.ACCUMULATION_HOOKS, Library.LIBTORCH,
            Names.unix("_ZN5torch8autograd4impl19post_acc_grad_hooksERKN2at6TensorE"), FunctionDescriptor.of(JAVA_LONG, JAVA_LONG)),
    GRAD_FN(Feature.NODE_NAMES, Library.LIBTORCH, Names.of("_ZN5torch8autograd4impl14grad_fn_unsafeERKN2at6TensorE",
            "?grad_fn_unsafe@impl@autograd@torch@@YAPEAUNode@23@AEBVTensor@at@@@Z"), FunctionDescriptor.of(JAVA_LONG, JAVA_LONG)),
    NODE_NAME(Feature.NODE_NAMES, Library.LIBTORCH, Names.linux("_ZNK5torch8autograd4Node4nameB5cxx11Ev"),
            FunctionDescriptor.of(Types.STRING, JAVA_LONG)),
    SET_STACK_TRACE_FETCHER(Feature.SHORT_ERRORS, Library.LIBTORCH,
            Names.linux("_ZN3c1020SetStackTraceFetcherESt8functionIFNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEEvEE"),
            FunctionDescriptor.ofVoid(ADDRESS)),
    ADD_OPERATOR_CALLBACK(Feature.PROFILER, Library.LIBTORCH,
            Names.linux("_ZN2at22addThreadLocalCallbackENS_22RecordFunctionCallbackE"),
            FunctionDescriptor.of(JAVA_LONG, Types.OPERATOR_CALLBACK)),
    REMOVE_OPERATOR_CALLBACK(Feature.PROFILER, Library.LIBTORCH, Names.linux("_ZN2at14removeCallbackEm"),
            FunctionDescriptor.ofVoid(JAVA_LONG)),
    RECORDED_NAME(Feature.PROFILER, Library.LIBTORCH, Names.linux("_ZNK2at14RecordFunction4nameEv"),
            FunctionDescriptor.of(ADDRESS, JAVA_LONG)),
    CXX_FLAGS(Feature.SHORT_ERRORS, Library.LIBTORCH, Names.linux("_ZN2at13get_cxx_flagsB5cxx11Ev"), null),
    LOG_LEVEL(Feature.QUIET_NNPACK, Library.LIBTORCH, Names.of("FLAGS_caffe2_log_level", "?FLAGS_caffe2_log_level@@3HA"), null),
    TRACE_CONSTRUCT(Feature.TRACES, Library.LIBTORCH, Names.linux("_ZN5torch3jit6tracer12TracingStateC1Ev"), null),
    TRACE_DESTROY(Feature.TRACES, Library.LIBTORCH, Names.linux("_ZN5torch3jit6tracer12TracingStateD1Ev"), null),
    SET_TRACE(Feature.TRACES, Library.LIBTORCH,
            Names.linux("_ZN5torch3jit6tracer15setTracingStateESt10shared_ptrINS1_12TracingStateEE"), null),
    SET_TRACED(Feature.TRACES, Library.LIBTORCH, Names.linux("_ZN5torch3jit6tracer13setValueTraceERKN3c106IValueEPNS0_5ValueE"), null),
    IS_TRACED(Feature.TRACES, Library.LIBTORCH, Names.linux("_ZNK5torch3jit6tracer12TracingState8hasValueERKN3c106IValueE"),
            FunctionDescriptor.of(JAVA_BOOLEAN, JAVA_LONG, JAVA_LONG)),
    TRACED(Feature.TRACES, Library.LIBTORCH, Names.linux("_ZN5torch3jit6tracer12TracingState8getValueERKN3c106IValueE"),
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG)),
    NORMALIZE_OPS(Feature.TRACES, Library.LIBTORCH, Names.linux("_ZN5torch3jit12NormalizeOpsERKSt10shared_ptrINS0_5GraphEE"), null),
    REGISTER_GROUP(Feature.GROUP_NAMES, Library.LIBTORCH,
            Names.linux("_ZN4c10d22register_process_groupERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEERKN3c1013intrusive_ptrINS_"
                    + "12ProcessGroupENS8_6detail34intrusive_target_default_null_typeISA_EEEE"),
            null),
    UNREGISTER_GROUP(Feature.GROUP_NAMES, Library.LIBTORCH,
            Names.linux("_ZN4c10d24unregister_process_groupERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE"), null),
    /** {@code operator delete}. */
    DELETE(Feature.NODE_NAMES, Library.CPP, Names.linux("_ZdlPv"), FunctionDescriptor.ofVoid(JAVA_LONG)),

    // libtorch's function transforms; an optional of C++ has another form in each C++ library
    PUSH_LAYER(Feature.TRANSFORMS, Library.LIBTORCH,
            Names.linux("_ZN2at9functorch23initAndPushDynamicLayerENS0_13TransformTypeESt8optionalIN3c106SymIntEE"
                    + "S2_INS0_14RandomnessTypeEES2_IbES8_S8_S8_"),
            FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT)),
    POP_LAYER(Feature.TRANSFORMS, Library.LIBTORCH, Names.linux("_ZN2at9functorch32popDynamicLayerAndDeleteMetadataEv"),
            FunctionDescriptor.ofVoid(JAVA_LONG)),
    LAYER_STACK(Feature.TRANSFORMS, Library.LIBTORCH, Names.linux("_ZN2at9functorch20getDynamicLayerStackEv"),
            FunctionDescriptor.of(JAVA_LONG)),
    INCLUDE_LAYER_KEYS(Feature.TRANSFORMS, Library.LIBTORCH, Names.linux("_ZN2at9functorch36setDynamicLayerFrontBackKeysIncludedEb"),
            FunctionDescriptor.ofVoid(JAVA_BOOLEAN)),
    LAYER_LIFE(Feature.TRANSFORMS, Library.LIBTORCH, Names.linux("_ZN2at9functorch21getLifeHandleForLevelEl"),
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG)),
    ADD_BATCH_DIM(Feature.TRANSFORMS, Library.LIBTORCH, Names.linux("_ZN2at9functorch11addBatchDimENS_6TensorEll"),
            FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG)),
    UNWRAP_AT_LEVEL(Feature.TRANSFORMS, Library.LIBTORCH, Names.linux("_ZN2at9functorch19unwrapTensorAtLevelERKNS_6TensorEl"),
            FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_LONG)),
    MAKE_WRAPPER(Feature.TRANSFORMS, Library.LIBTORCH, Names.linux("_ZN2at9functorch17makeTensorWrapperERKNS_6TensorElb"),
            FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_BOOLEAN)),
    UNWRAP_DEAD(Feature.TRANSFORMS, Library.LIBTORCH, Names.linux("_ZN2at9functorch12unwrapIfDeadERKNS_6TensorE"),
            FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG)),

    // libtorch's CUDA build
    GRAPH_CONSTRUCT(Feature.GRAPHS, Library.TORCH_CUDA, Names.linux("_ZN2at4cuda9CUDAGraphC1Eb"), null),
    GRAPH_DESTROY(Feature.GRAPHS, Library.TORCH_CUDA, Names.linux("_ZN2at4cuda9CUDAGraphD1Ev"), null),
    GRAPH_REGISTER(Feature.GRAPHS, Library.TORCH_CUDA, Names.linux("_ZN2at4cuda9CUDAGraph24register_generator_stateERKNS_9GeneratorE"),
            null),
    GRAPH_BEGIN(Feature.GRAPHS, Library.TORCH_CUDA,
            Names.linux("_ZN2at4cuda9CUDAGraph13capture_beginESt4pairIyyE21cudaStreamCaptureMode"), null),
    GRAPH_END(Feature.GRAPHS, Library.TORCH_CUDA, Names.linux("_ZN2at4cuda9CUDAGraph11capture_endEv"), null),
    GRAPH_REPLAY(Feature.GRAPHS, Library.TORCH_CUDA, Names.linux("_ZN2at4cuda9CUDAGraph6replayEv"), null),
    GRAPH_RESET(Feature.GRAPHS, Library.TORCH_CUDA, Names.linux("_ZN2at4cuda9CUDAGraph5resetEv"), null),
    /** The one {@code c10::cuda::WarningState} of the process, a 32-bit word. */
    WARNING_STATE(Feature.SYNC_DEBUG, Library.C10_CUDA, Names.linux("_ZZN3c104cuda13warning_stateEvE14warning_state_"), null),

    // CUDA's runtime and driver, in C
    CREATE_EVENT(Feature.CUDA, Library.CUDA_RUNTIME, Names.everywhere("cudaEventCreateWithFlags"), FunctionDescriptor.of(JAVA_INT,
            ADDRESS, JAVA_INT)),
    MEMORY_INFO(Feature.CUDA, Library.CUDA_RUNTIME, Names.everywhere("cudaMemGetInfo"), FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS)),
    CUDA_ERROR_TEXT(Feature.CUDA, Library.CUDA_RUNTIME, Names.everywhere("cudaGetErrorString"), FunctionDescriptor.of(ADDRESS, JAVA_INT)),
    DRIVER_INIT(Feature.GPU_PROPERTIES, Library.CUDA_DRIVER, Names.everywhere("cuInit"), FunctionDescriptor.of(JAVA_INT, JAVA_INT)),
    DRIVER_DEVICE(Feature.GPU_PROPERTIES, Library.CUDA_DRIVER, Names.everywhere("cuDeviceGet"), FunctionDescriptor.of(JAVA_INT, ADDRESS,
            JAVA_INT)),
    DRIVER_NAME(Feature.GPU_PROPERTIES, Library.CUDA_DRIVER, Names.everywhere("cuDeviceGetName"), FunctionDescriptor.of(JAVA_INT, ADDRESS,
            JAVA_INT, JAVA_INT)),
    DRIVER_MEMORY(Feature.GPU_PROPERTIES, Library.CUDA_DRIVER, Names.everywhere("cuDeviceTotalMem_v2"), FunctionDescriptor.of(JAVA_INT,
            ADDRESS, JAVA_INT)),
    DRIVER_UUID(Feature.GPU_PROPERTIES, Library.CUDA_DRIVER, Names.everywhere("cuDeviceGetUuid_v2"),
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT)),
    DRIVER_ATTRIBUTE(Feature.GPU_PROPERTIES, Library.CUDA_DRIVER, Names.everywhere("cuDeviceGetAttribute"),
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT)),

    // OpenBLAS and OpenMP
    BLAS_SET_THREADS(Feature.BLAS_THREADS, Library.OPENBLAS, Names.everywhere("openblas_set_num_threads"),
            FunctionDescriptor.ofVoid(JAVA_INT)),
    BLAS_SET_CALLBACK(Feature.SHARED_THREADS, Library.OPENBLAS, Names.everywhere("openblas_set_threads_callback_function"),
            FunctionDescriptor.ofVoid(JAVA_LONG)),
    BLAS_CORE_NAME(Feature.BLAS_KERNELS, Library.OPENBLAS, Names.everywhere("openblas_get_corename"), FunctionDescriptor.of(ADDRESS)),
    BLAS_SGEMM(Feature.SMALL_PRODUCTS, Library.OPENBLAS, Names.everywhere("cblas_sgemm"),
            FunctionDescriptor.ofVoid(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_FLOAT, JAVA_LONG, JAVA_INT,
                    JAVA_LONG,
                    JAVA_INT, JAVA_FLOAT, JAVA_LONG, JAVA_INT)),
    BLAS_DGEMM(Feature.SMALL_PRODUCTS, Library.OPENBLAS, Names.everywhere("cblas_dgemm"),
            FunctionDescriptor.ofVoid(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_DOUBLE, JAVA_LONG, JAVA_INT,
                    JAVA_LONG,
                    JAVA_INT, JAVA_DOUBLE, JAVA_LONG, JAVA_INT)),
    OMP_SET_THREADS(Feature.ADAPTIVE_THREADS, Library.OPENMP, Names.unix("omp_set_num_threads"),
            FunctionDescriptor.ofVoid(JAVA_INT), Types.CRITICAL),
    OMP_PAUSE(Feature.ADAPTIVE_THREADS, Library.OPENMP, Names.unix("omp_pause_resource_all"), FunctionDescriptor.of(JAVA_INT, JAVA_INT)),
    OMP_PARALLEL(Feature.SHARED_THREADS, Library.OPENMP, Names.unix("GOMP_parallel"), FunctionDescriptor.ofVoid(JAVA_LONG,
            JAVA_LONG, JAVA_INT, JAVA_INT)),
    OMP_THREAD(Feature.SHARED_THREADS, Library.OPENMP, Names.unix("omp_get_thread_num"), FunctionDescriptor.of(JAVA_INT)),
    OMP_THREADS(Feature.SHARED_THREADS, Library.OPENMP, Names.unix("omp_get_num_threads"), FunctionDescriptor.of(JAVA_INT)),

    // the system's C library
    BSEARCH(Feature.ALL, Library.C, Names.everywhere("bsearch"), FunctionDescriptor.of(JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG,
            ADDRESS)),
    /** A function that takes no arguments and changes nothing. */
    GETPID(Feature.ALL, Library.C, Names.of("getpid", "_getpid"), FunctionDescriptor.of(JAVA_INT)),
    DLOPEN(Feature.LIBRARY_ERRORS, Library.C, Names.unix("dlopen"), FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT)),
    DLERROR(Feature.LIBRARY_ERRORS, Library.C, Names.unix("dlerror"), FunctionDescriptor.of(ADDRESS)),
    SETENV(Feature.BLAS_THREADS, Library.C, Names.unix("setenv"), FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT)),
    MALLOPT(Feature.KEPT_MEMORY, Library.C, Names.linux("mallopt"), FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT)),
    GLIBC_VERSION(Feature.KEPT_MEMORY, Library.C, Names.linux("gnu_get_libc_version"), null),
    ON_EXIT(Feature.QUICK_END, Library.C, Names.linux("on_exit"), FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS)),
    EXIT(Feature.QUICK_END, Library.C, Names.linux("_exit"), null),
    FLUSH(Feature.QUICK_END, Library.C, Names.linux("fflush"), FunctionDescriptor.of(JAVA_INT, ADDRESS)),
    MALLINFO(Feature.HEAP_SIZE, Library.C, Names.linux("mallinfo2"),
            FunctionDescriptor.of(MemoryLayout.structLayout(MemoryLayout.sequenceLayout(10, JAVA_LONG)))),
    SYSCALL(Feature.BARRIER, Library.C, Names.linux("syscall"), FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
            JAVA_LONG), Linker.Option.firstVariadicArg(1));

    /** The version of libtorch that PanaTorch is built for. */
    public static final String LIBTORCH_VERSION = "2.13.0";

    /** The feature that needs a name. A missing optional name disables its feature; everything needs the required ones. */
    public enum Feature {
        ALL("PanaTorch"), DERIVATIVES("Derivatives written in Java"), ACCUMULATION_HOOKS("Hooks after accumulation"),
        NODE_NAMES("Names of gradient functions"),
        SHORT_ERRORS("Errors without C++ stack traces"), QUIET_NNPACK("Silence about NNPACK"), GRAPHS("CUDA graphs"),
        SYNC_DEBUG("Cuda.setSyncDebugMode"),
        CUDA("CUDA"), GPU_PROPERTIES("DeviceProperties"), BLAS_THREADS("Control of OpenBLAS's threads"),
        SHARED_THREADS("OpenBLAS on OpenMP's threads"),
        BLAS_KERNELS("The name of OpenBLAS's kernels"), SMALL_PRODUCTS("Fast products of many small matrices"),
        ADAPTIVE_THREADS("Operators that adapt to the number of callers"),
        LIBRARY_ERRORS("Early errors of operator libraries"), KEPT_MEMORY("Freed memory that the process keeps"),
        QUICK_END("An end of the process beside running calls"), HEAP_SIZE("MemoryStats.nativeHeapBytes"),
        PROFILER("Profiler and FlopCounter"),
        TRACES("ScriptModule.trace"), TRANSFORMS("panatorch.func"), GROUP_NAMES("ProcessGroup.register"),
        BARRIER("Tensor reads without a barrier of their own");

        private final String text;

        Feature(String text) { this.text = text; }

        @Override public String toString() { return text; }
    }

    /** The library in which a name is looked up. */
    public enum Library {
        LIBTORCH, TORCH_CUDA, C10_CUDA, CUDA_RUNTIME, CUDA_DRIVER, OPENBLAS, OPENMP, CPP, C
    }

    /** The platforms that spell names differently. */
    public enum Platform {
        LINUX, MACOS, WINDOWS;

        private static final Platform HERE = of(System.getProperty("os.name").toLowerCase(Locale.ROOT));

        /** Returns the platform of this process; any other system counts as Linux. */
        public static Platform here() { return HERE; }

        private static Platform of(String name) { return name.startsWith("windows") ? WINDOWS : name.startsWith("mac") ? MACOS : LINUX; }
    }

    private static final class Types {
        /**
         * The type of a function from a tensor handle, that is the address of a pointer to a {@code TensorImpl}, to a value written at an
         * address.
         */
        static final FunctionDescriptor GETTER = FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG);
        /** A {@code std::string} of GCC's. */
        static final MemoryLayout STRING = MemoryLayout.structLayout(ADDRESS, JAVA_LONG, MemoryLayout.sequenceLayout(16, JAVA_BYTE));
        /** {@code at::RecordFunctionCallback}: start, end, sampling probability, ten flags of scopes, three flags of needs. */
        static final MemoryLayout OPERATOR_CALLBACK = MemoryLayout.structLayout(ADDRESS, ADDRESS, JAVA_DOUBLE,
                MemoryLayout.sequenceLayout(13, JAVA_BYTE), MemoryLayout.paddingLayout(3));
        /** A function that neither waits nor calls Java is called without leaving Java's state. */
        static final Linker.Option CRITICAL = Linker.Option.critical(false);
    }

    /** The spellings of a name; null where a platform has none. */
    private record Names(String linux, @Nullable String macos, @Nullable String windows) {
        static Names everywhere(String name) { return new Names(name, name, name); }

        static Names of(String unix, String windows) { return new Names(unix, unix, windows); }

        static Names unix(String name) { return new Names(name, name, null); }

        static Names linux(String name) { return new Names(name, null, null); }
    }

    private final Feature feature;
    private final Library library;
    private final Names names;
    private final @Nullable FunctionDescriptor type;
    private final Linker.Option[] options;

    /** @param type null for a variable, and for a function that only C++ calls */
    Symbol(Feature feature, Library library, Names names, @Nullable FunctionDescriptor type, Linker.Option... options) {
        this.feature = feature;
        this.library = library;
        this.names = names;
        this.type = type;
        this.options = options;
    }

    public Library library() { return library; }

    /** Returns whether PanaTorch cannot start without this name. */
    public boolean isRequired() { return feature == Feature.ALL; }

    /** Returns the feature that is missing without this name. */
    public Feature feature() { return feature; }

    /** Returns the spelling on a platform, or null if it has none there. */
    public @Nullable String spelling(Platform platform) {
        return switch (platform) {
            case LINUX -> names.linux;
            case MACOS -> names.macos;
            case WINDOWS -> names.windows;
        };
    }

    /** Returns the address, or null if the name is missing. */
    public @Nullable MemorySegment find() {
        return find(library == Library.C ? Linker.nativeLinker().defaultLookup() : SymbolLookup.loaderLookup());
    }

    /** Returns the address in a library that Java's class loader did not load, or null if the name is missing there. */
    public @Nullable MemorySegment find(SymbolLookup lookup) {
        String name = spelling(Platform.here());
        return name == null ? null : lookup.find(name).orElse(null);
    }

    public boolean isThere() { return find() != null; }

    /**
     * Returns the address.
     *
     * @throws UnsatisfiedLinkError if it is required and missing
     * @throws UnsupportedOperationException if it is optional and missing, with the feature that is missing with it
     */
    public MemorySegment address() {
        MemorySegment address = find();
        if (address != null) return address;
        String name = spelling(Platform.here());
        if (isRequired()) throw new UnsatisfiedLinkError("libtorch has no function " + name + "; use libtorch " + LIBTORCH_VERSION + ".");
        throw new UnsupportedOperationException("Not available here: " + feature + ". "
                + (name == null ? "PanaTorch does not know the name of " + name() + " on this platform."
                        : "No loaded library has the function " + name + "."));
    }

    /**
     * Returns the function, to be called by {@code invokeExact}.
     *
     * @throws UnsatisfiedLinkError if it is required and missing
     * @throws UnsupportedOperationException if it is optional and missing
     */
    public MethodHandle function() { return function(address()); }

    /** Returns {@link #function}, or null if the name is missing. */
    public @Nullable MethodHandle functionIfThere() {
        MemorySegment address = find();
        return address == null ? null : function(address);
    }

    /** Returns the function of this type at an address. */
    @SuppressWarnings("restricted") public MethodHandle function(MemorySegment address) {
        if (type == null) throw new IllegalStateException(name() + " is not called by Java");
        return Linker.nativeLinker().downcallHandle(address, type, options);
    }
}
