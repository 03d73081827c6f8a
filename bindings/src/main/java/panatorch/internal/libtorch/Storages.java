package panatorch.internal.libtorch;

import java.lang.foreign.ValueLayout;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.StorageImpl;
import org.bytedeco.pytorch.global.torch;

/** The storages of tensors, {@code StorageImpl} objects, and the dispatch keys of tensors, as they lie in memory. */
public final class Storages {
    private Storages() {}

    /** The offset of a tensor's pointer to its storage. */
    private static final long STORAGE = 16;
    /** The numbers of bytes of a tensor, and of a storage, that are searched for the place of a field. */
    private static final int TENSOR_BYTES = 256, STORAGE_BYTES = 96;

    /** The tag of a storage on a dispatcher stack. */
    public static final int TAG;
    private static final long KEYS, RESIZABLE;

    static {
        try (var tensor = torch.ones(3); var storage = tensor.storage(); var value = new IValue(storage)) {
            StorageImpl object = storage.unsafeGetStorageImpl();
            long impl = Memory.getLong(tensor.address());
            Probe.check(of(impl) == object.address() && Memory.getLong(value.address()) == object.address(), "a tensor's storage");
            TAG = Memory.getInt(value.address() + Probe.TAG);
            KEYS = keys(impl, tensor.key_set().raw_repr());
            RESIZABLE = resizable(object);
        }
    }

    private static long keys(long impl, long keys) {
        long found = 0;
        for (long at = STORAGE + 8; at < TENSOR_BYTES && found == 0; at += 8) if (Memory.getLong(impl + at) == keys) found = at;
        Probe.check(found != 0, "a tensor's dispatch keys");
        return found;
    }

    /** Finds the offset of the flag: changes it, and looks which byte has changed. */
    private static long resizable(StorageImpl object) {
        long found = 0;
        for (int at = 0; at < STORAGE_BYTES && found == 0; at++) {
            object.set_resizable(true);
            boolean before = getByte(object.address() + at) == 1;
            object.set_resizable(false);
            if (before && getByte(object.address() + at) == 0) found = at;
        }
        object.set_resizable(true);
        Probe.check(found != 0, "whether a storage is resizable");
        return found;
    }

    private static byte getByte(long address) { return Memory.ALL.get(ValueLayout.JAVA_BYTE, address); }

    /** Returns a tensor's storage; 0 if it has none. */
    public static long of(long tensor) { return Memory.getLong(tensor + STORAGE); }

    /** Returns whether the storage may be resized. */
    public static boolean isResizable(long storage) {
        return getByte(storage + RESIZABLE) != 0;
    }

    public static void setResizable(long storage, boolean resizable) {
        Memory.ALL.set(ValueLayout.JAVA_BYTE, storage + RESIZABLE, (byte) (resizable ? 1 : 0));
    }

    public static boolean hasKeys(long tensor, long keys) { return (Memory.getLong(tensor + KEYS) & keys) == keys; }

    public static void addKeys(long tensor, long keys) { Memory.setLong(tensor + KEYS, Memory.getLong(tensor + KEYS) | keys); }
}
