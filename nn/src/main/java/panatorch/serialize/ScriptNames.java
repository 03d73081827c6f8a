package panatorch.serialize;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.internal.pickle.Pickle;

/**
 * The names in the pickles of a script. Objects of the script's classes are only checked to be there; tensors are checked to lie within
 * their storages, which libtorch does not do.
 */
final class ScriptNames implements Pickle.Names {
    /** The sizes of elements whose types {@link DType} does not have. */
    private static final Map<String, Integer> OTHER_STORAGES = Map.of("QInt8Storage", 1, "QUInt8Storage", 1, "QInt32Storage", 4,
            "QUInt4x2Storage", 1, "QUInt2x4Storage", 1, "Float8_e5m2Storage", 1, "Float8_e4m3fnStorage", 1, "UInt16Storage", 2,
            "UInt32Storage", 4, "UInt64Storage", 8);

    private record StorageType(int bytes) {}

    private record Stored(long elements) {}

    /** An object of a class of which only the name is known. */
    private static final class Opaque implements Pickle.Built {
        @Override public void build(@Nullable Object state) {}
    }

    private final ZipArchive archive;
    private final String storages, name;

    /**
     * @param storages folder of the pickle's storages in the archive
     * @param name the pickle's name, for error messages
     */
    ScriptNames(ZipArchive archive, String storages, String name) {
        this.archive = archive;
        this.storages = storages;
        this.name = name;
    }

    @Override public Object global(String module, String type) throws MalformedFileException {
        if (module.equals("torch") && type.endsWith("Storage")) {
            DType known = TorchNames.STORAGES.get(type);
            Integer bytes = known != null ? Integer.valueOf(known.bytes()) : OTHER_STORAGES.get(type);
            if (bytes == null) throw odd("elements of the unknown type " + type);
            return new StorageType(bytes);
        }
        return switch (module + "." + type) {
            case "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor", "torch._utils._rebuild_qtensor" ->
                    (Pickle.Maker) this::tensor;
            case "torch.jit._pickle.restore_type_tag", "torch.jit._pickle.build_intlist", "torch.jit._pickle.build_tensorlist",
                    "torch.jit._pickle.build_doublelist", "torch.jit._pickle.build_boollist" ->
                    (Pickle.Maker) a -> a.isEmpty() ? new Opaque() : a.getFirst();
            case "collections.OrderedDict" -> (Pickle.Maker) a -> new LinkedHashMap<@Nullable Object, @Nullable Object>();
            default -> (Pickle.Maker) a -> new Opaque();
        };
    }

    @Override public Object persistent(@Nullable Object id) throws IOException {
        if (!(id instanceof List<?> parts) || parts.size() < 5 || !"storage".equals(parts.get(0))
                || !(parts.get(1) instanceof StorageType type) || !(parts.get(2) instanceof String key)
                || !(parts.get(4) instanceof Long elements) || elements < 0)
            throw odd("a reference to something outside of it that is not a storage");
        if ("meta".equals(parts.get(3))) return new Stored(elements);
        if (!archive.has(storages + key)) throw odd("a reference to the storage " + key + ", which the archive lacks");
        long bytes = archive.size(storages + key);
        if (elements > bytes / type.bytes)
            throw odd("a storage " + key + " of " + elements + " elements, but the archive has only " + bytes + " bytes of it");
        return new Stored(elements);
    }

    private Object tensor(List<@Nullable Object> a) throws MalformedFileException {
        if (a.size() < 4 || !(a.get(0) instanceof Stored stored) || !(a.get(1) instanceof Long offset)
                || !(a.get(2) instanceof List<?> sizes) || !(a.get(3) instanceof List<?> strides) || sizes.size() != strides.size())
            throw odd("a tensor made from arguments that do not fit");
        boolean empty = false;
        long last = offset;
        try {
            for (int i = 0; i < sizes.size(); i++) {
                if (!(sizes.get(i) instanceof Long size) || !(strides.get(i) instanceof Long stride) || size < 0 || stride < 0)
                    throw odd("a tensor with the sizes " + sizes + " and strides " + strides);
                empty |= size == 0;
                last = Math.addExact(last, Math.multiplyExact(Math.max(0, size - 1), stride));
            }
        } catch (ArithmeticException tooLarge) {
            last = Long.MAX_VALUE;
        }
        if (offset < 0 || offset > stored.elements || !empty && last >= stored.elements)
            throw odd("a tensor with the sizes " + sizes + ", strides " + strides + " and offset " + offset + " in a storage of "
                    + stored.elements + " elements");
        return new Opaque();
    }

    private MalformedFileException odd(String what) { return malformed("its pickle is damaged or made by hand: it has " + what); }

    @Override public MalformedFileException malformed(String what) { return archive.file().malformed(name + ": " + what); }
}
