package panatorch.serialize;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Complex;
import panatorch.DType;
import panatorch.Device;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.internal.pickle.Pickle;

/**
 * The names that {@code torch.save} puts into pickles: the functions of {@code torch._utils} that create tensors, types, and a few of
 * Python's own.
 */
final class TorchNames implements Pickle.Names {
    static final Map<String, DType> STORAGES = Map.ofEntries(Map.entry("DoubleStorage", DType.FLOAT64),
            Map.entry("FloatStorage", DType.FLOAT32), Map.entry("HalfStorage", DType.FLOAT16),
            Map.entry("BFloat16Storage", DType.BFLOAT16), Map.entry("LongStorage", DType.INT64), Map.entry("IntStorage", DType.INT32),
            Map.entry("ShortStorage", DType.INT16),
            Map.entry("CharStorage", DType.INT8), Map.entry("ByteStorage", DType.UINT8), Map.entry("BoolStorage", DType.BOOL),
            Map.entry("ComplexDoubleStorage", DType.COMPLEX128),
            Map.entry("ComplexFloatStorage", DType.COMPLEX64), Map.entry("UntypedStorage", DType.UINT8));
    private static final Set<String> REFUSED_TYPES = Set.of("qint8", "quint8", "qint32", "quint4x2", "quint2x4");

    /**
     * Finds the bytes of the storage to which a pickle refers by {@code id}. Returns null while storages are still being collected; no
     * tensor is created then.
     */
    @FunctionalInterface
    interface Storages {
        @Nullable Storage find(StorageId id) throws IOException;
    }

    /**
     * A reference to a storage.
     *
     * @param rest the old format's addition, which makes this storage a part of another one, or null
     */
    record StorageId(DType dtype, String key, long elements, @Nullable Object rest) {}

    private record Typed(DType dtype, @Nullable Storage storage) {}

    private record StorageType(DType dtype) {}

    private static final Object UNMADE = "a tensor that is created once its bytes are found";

    private final FileBytes file;
    private final boolean lenient;
    private final Storages storages;
    private int made;

    /** @param lenient whether values of unknown classes are left out instead of refused */
    TorchNames(FileBytes file, boolean lenient, Storages storages) {
        this.file = file;
        this.lenient = lenient;
        this.storages = storages;
    }

    @Override public Object global(String module, String name) throws MalformedFileException {
        String full = (module.equals("__builtin__") ? "builtins" : module) + "." + name;
        Object type = module.equals("torch") ? type(name) : null;
        if (type != null) return type;
        if (module.equals("torch") || module.equals("torch.cuda") || full.equals("torch.storage.UntypedStorage")) {
            DType dtype = STORAGES.get(name);
            if (dtype != null) return new StorageType(dtype);
        }
        return switch (full) {
            case "torch._utils._rebuild_tensor" -> (Pickle.Maker) (List<@Nullable Object> a) -> tensor(a, 4);
            case "torch._utils._rebuild_tensor_v2" -> (Pickle.Maker) (List<@Nullable Object> a) -> tensor(a, 6);
            case "torch._utils._rebuild_tensor_v3" -> (Pickle.Maker) (List<@Nullable Object> a) -> tensor(a, 7);
            case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state", "torch.nn.parameter.Parameter" ->
                    (Pickle.Maker) this::parameter;
            case "torch._tensor._rebuild_from_type_v2" -> (Pickle.Maker) this::subclass;
            case "torch.Tensor" -> (Pickle.Maker) (List<@Nullable Object> a) -> {
                throw file.malformed("it creates a torch.Tensor in a way that "
                        + "is not supported");
            };
            case "torch.Size", "builtins.list", "builtins.tuple" ->
                    (Pickle.Maker) (List<@Nullable Object> a) -> a.isEmpty() ? List.of() : Pickle.tuple(list(a.getFirst()));
            case "torch.device" -> (Pickle.Maker) this::device;
            case "collections.OrderedDict" -> (Pickle.Maker) this::orderedDict;
            case "collections.Counter" -> (Pickle.Maker) this::counter; // milestones of MultiStepLR
            case "builtins.set", "builtins.frozenset" -> (Pickle.Maker) this::set;
            case "builtins.complex" -> (Pickle.Maker) (List<@Nullable Object> a) -> new Complex(number(a, 0), number(a, 1));
            case "_codecs.encode" -> (Pickle.Maker) this::encode;
            case "builtins.bytearray", "builtins.bytes" -> (Pickle.Maker) this::bytes;
            case "numpy.ndarray" -> PythonValues.NDARRAY;
            default -> {
                Pickle.Maker maker = PythonValues.maker(full, file, lenient);
                if (maker != null) yield maker;
                if (lenient && !PythonValues.isDangerous(full) && !full.startsWith("__torch__.")) yield new PythonValues.Unknown(full);
                throw refusal(full);
            }
        };
    }

    MalformedFileException refusal(String full) {
        if (full.startsWith("__torch__."))
            return file.malformed("it holds a TorchScript program (" + full
                    + "), and not only weights; StateDicts.load reads its weights, and ScriptModule.load the program");
        if (full.startsWith("torch._utils._rebuild_"))
            return file.malformed("it holds a tensor of an unsupported kind (" + full
                    + "); only dense tensors with memory are read");
        if (full.startsWith("numpy."))
            return file.malformed("it asks for " + full + ": NumPy values were saved beside the tensors; in "
                    + "Python, save plain numbers, as in float(x)");
        return file.malformed("it asks for " + full + ", which does not belong in a file of weights; nothing was run. If a whole model "
                + "was saved, save model.state_dict() in Python instead");
    }

    private @Nullable Object type(String name) throws MalformedFileException {
        if (REFUSED_TYPES.contains(name)) throw file.malformed("it holds quantised tensors (" + name + "), which are not supported");
        for (DType t : DType.values()) if (t.toString().equals(name)) return t;
        return null;
    }

    @Override public Object persistent(@Nullable Object id) throws IOException {
        if (!(id instanceof List<?> parts) || parts.size() < 5 || !"storage".equals(parts.get(0))
                || !(parts.get(1) instanceof StorageType type) || !(parts.get(2) instanceof String key)
                || !(parts.get(4) instanceof Long elements) || elements < 0)
            throw file.malformed("it refers to something outside the "
                    + "pickle that is not a storage");
        return new Typed(type.dtype, storages.find(new StorageId(type.dtype, key, elements, parts.size() > 5 ? parts.get(5) : null)));
    }

    @Override public MalformedFileException malformed(String what) { return file.malformed(what); }

    // ---- tensors

    /** Creates a tensor from (storage, offset, size, stride, requires_grad, hooks[, dtype][, metadata]). Hooks are ignored. */
    private Object tensor(List<@Nullable Object> a, int arguments) throws MalformedFileException {
        if (a.size() < arguments || a.size() > arguments + 1 || !(a.get(0) instanceof Typed typed) || !(a.get(1) instanceof Long offset))
            throw odd("a tensor");
        DType dtype = arguments == 7 ? a.get(6) instanceof DType t ? t : DType.UINT8 : typed.dtype;
        if (typed.storage == null) return UNMADE;
        Tensor t = typed.storage.tensor("its tensor number " + ++made, dtype, offset, longs(a.get(2)), longs(a.get(3)));
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            if (a.size() > arguments && a.get(arguments) instanceof Map<?, ?> metadata) {
                if (Boolean.TRUE.equals(metadata.get("conj")) && dtype.isComplex()) t = Aten._conj(t);
                if (Boolean.TRUE.equals(metadata.get("neg"))) t = Aten._negView(t);
            }
            scope.move(t);
        }
        return arguments > 4 && Boolean.TRUE.equals(a.get(4)) ? requireGrad(t) : t;
    }

    private static Tensor requireGrad(Tensor t) { return t.dtype().isFloatingPoint() || t.dtype().isComplex() ? t.requiresGrad_(true) : t; }

    private Object parameter(List<@Nullable Object> a) throws MalformedFileException {
        if (a.isEmpty() || a.size() > 4 || !(a.getFirst() instanceof Tensor) && a.getFirst() != UNMADE) throw odd("a parameter");
        return a.getFirst() instanceof Tensor t && a.size() > 1 && Boolean.TRUE.equals(a.get(1)) ? requireGrad(t) : a.getFirst();
    }

    /** Creates a tensor with attributes from (function, type, arguments, state). The attributes are left out. */
    private @Nullable Object subclass(List<@Nullable Object> a) throws IOException {
        if (a.size() < 3 || !(a.get(0) instanceof Pickle.Maker maker)) throw odd("a tensor");
        return maker.make(list(a.get(2)));
    }

    // ---- Python's own

    private Object device(List<@Nullable Object> a) throws MalformedFileException {
        try {
            if (!a.isEmpty() && a.get(0) instanceof String name) return Device.of(a.size() > 1 ? name + ":" + a.get(1) : name);
        } catch (IllegalArgumentException unknown) {
            throw file.malformed("it names the unknown device " + a);
        }
        throw odd("a device");
    }

    /** Creates an {@code OrderedDict}. Python 2 passes pairs, Python 3 nothing. */
    private Object orderedDict(List<@Nullable Object> a) throws MalformedFileException {
        var dict = new LinkedHashMap<@Nullable Object, @Nullable Object>();
        if (!a.isEmpty()) for (Object pair : list(a.getFirst())) {
            List<@Nullable Object> both = list(pair);
            if (both.size() != 2 || !(both.getFirst() instanceof String)) throw odd("an OrderedDict");
            dict.put(both.getFirst(), both.getLast());
        }
        return dict;
    }

    private Object counter(List<@Nullable Object> a) throws MalformedFileException {
        if (a.isEmpty()) return new LinkedHashMap<>();
        if (a.getFirst() instanceof Map<?, ?> counts) return counts;
        throw odd("a Counter");
    }

    private Object set(List<@Nullable Object> a) throws MalformedFileException {
        var set = new LinkedHashSet<@Nullable Object>();
        if (!a.isEmpty()) for (Object item : list(a.getFirst())) {
            if (item != null && !PlainData.isScalar(item)) throw odd("a set");
            set.add(item);
        }
        return set;
    }

    private Object encode(List<@Nullable Object> a) throws MalformedFileException {
        if (a.size() != 2 || !(a.get(0) instanceof String text) || !"latin1".equals(a.get(1))) throw odd("bytes");
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private Object bytes(List<@Nullable Object> a) throws MalformedFileException {
        if (a.isEmpty()) return new byte[0];
        if (a.getFirst() instanceof byte[] bytes) return bytes;
        throw odd("bytes");
    }

    // ---- arguments

    private List<@Nullable Object> list(@Nullable Object o) throws MalformedFileException {
        if (!(o instanceof List<?> list)) throw odd("a value");
        return new ArrayList<>(list);
    }

    private long[] longs(@Nullable Object o) throws MalformedFileException {
        List<@Nullable Object> list = list(o);
        var numbers = new long[list.size()];
        for (int i = 0; i < numbers.length; i++) {
            if (!(list.get(i) instanceof Long n)) throw odd("a tensor");
            numbers[i] = n;
        }
        return numbers;
    }

    private double number(List<@Nullable Object> a, int i) throws MalformedFileException {
        if (i < a.size() && a.get(i) instanceof Number n) return n.doubleValue();
        throw odd("a complex number");
    }

    private MalformedFileException odd(String what) { return PythonValues.odd(file, what); }
}
