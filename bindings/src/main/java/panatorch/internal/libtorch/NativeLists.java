package panatorch.internal.libtorch;

import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.BooleanList;
import org.bytedeco.pytorch.DoubleList;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.LongList;
import org.bytedeco.pytorch.TensorList;
import org.bytedeco.pytorch.TensorOptionalList;
import org.bytedeco.pytorch.Type;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Lists and strings in libtorch's form ({@code c10::List} is one pointer to a reference-counted object). Lists of numbers repeat from call
 * to call (strides, paddings, shapes), so they are made once and shared; operators copy what they keep.
 *
 * <p>
 * Every method that makes an object returns it with a reference that the caller owns.
 */
public final class NativeLists {
    private NativeLists() {}

    private static final int MOST_INTERNED = 8192;
    private static final ConcurrentHashMap<Object, Long> INTERNED = new ConcurrentHashMap<>();

    private static final class Numbers {
        static final Type.TypePtr TYPE = elementTypeOf("Scalar[]");
    }

    private static final class Strings {
        static final Type.TypePtr TYPE = elementTypeOf("str[]");
    }

    private record Longs(long[] values) {
        @Override public boolean equals(Object o) { return o instanceof Longs l && Arrays.equals(values, l.values); }
        @Override public int hashCode() { return Arrays.hashCode(values); }
    }

    private record Doubles(double[] values) {
        @Override public boolean equals(Object o) { return o instanceof Doubles d && Arrays.equals(values, d.values); }
        @Override public int hashCode() { return Arrays.hashCode(values); }
    }

    private record Booleans(boolean[] values) {
        @Override public boolean equals(Object o) { return o instanceof Booleans b && Arrays.equals(values, b.values); }
        @Override public int hashCode() { return Arrays.hashCode(values); }
    }

    private record Recent(long[] values, long object) {}

    /** The last list for each of a few hash codes. Most calls find theirs here, without allocating a key for the look-up. */
    private static final @Nullable Recent[] RECENT = new Recent[1024];

    public static long of(long[] values) {
        int hash = Arrays.hashCode(values), slot = (hash ^ hash >>> 10) & RECENT.length - 1;
        Recent recent = RECENT[slot];
        if (recent != null && Arrays.equals(recent.values, values)) return shared(recent.object);
        long object = interned(values);
        if (INTERNED.containsKey(new Longs(values))) RECENT[slot] = new Recent(values.clone(), object);
        return object;
    }

    private static long interned(long[] values) {
        Long found = INTERNED.get(new Longs(values));
        return found != null ? shared(found) : intern(new Longs(values.clone()), k -> object(new LongList(((Longs) k).values)));
    }

    public static long of(double[] values) {
        Long found = INTERNED.get(new Doubles(values));
        return found != null ? shared(found) : intern(new Doubles(values.clone()), k -> object(new DoubleList(((Doubles) k).values)));
    }

    public static long of(boolean[] values) {
        Long found = INTERNED.get(new Booleans(values));
        return found != null ? shared(found) : intern(new Booleans(values.clone()), k -> {
            var list = new BooleanList();
            for (boolean b : ((Booleans) k).values) list.push_back(b);
            return object(list);
        });
    }

    public static long of(String value) {
        Long found = INTERNED.get(value);
        return found != null ? shared(found) : intern(value, k -> object(new IValue((String) k)));
    }

    /** Returns the text of a string's object. */
    public static String string(long object) {
        try (var value = new IValue()) { // null at first: nothing that the pointer replaces has to be freed
            References.retain(object);
            Memory.setInt(value.address() + Probe.TAG, Tag.STRING);
            Memory.setLong(value.address(), object);
            try (var text = value.toStringRef()) {
                return text == null ? "" : text.getString();
            }
        }
    }

    /** Returns an empty list of tensors with room for {@code size}, to be filled by {@link #append}. */
    public static long tensors(int size) {
        var list = new TensorList();
        list.reserve(size);
        return object(list);
    }

    /** Returns an empty list of tensors that may be absent. */
    public static long optionalTensors(int size) {
        var list = new TensorOptionalList();
        list.reserve(size);
        return object(list);
    }

    /** Returns an empty list of numbers of any kind. */
    public static long scalars(int size) { return generic(Numbers.TYPE, size); }

    /** Returns an empty list of strings. */
    public static long strings(int size) { return generic(Strings.TYPE, size); }

    /** Returns an empty list of values of a custom class, as the type of an operator's argument names it. */
    public static long objects(String listType, int size) {
        return generic(elementTypeOf(listType), size);
    }

    /** Returns an empty list of values of a type. */
    public static long generic(Type.TypePtr type, int size) {
        var list = new GenericList(type);
        list.reserve(size);
        return object(list);
    }

    /** Appends a value, which the list then owns. The list must have been made with enough room. */
    public static void append(long list, int tag, long payload) {
        long at = Memory.getLong(list + 24);
        Memory.setLong(at, payload);
        Memory.setInt(at + Probe.TAG, tag);
        Memory.setLong(list + 24, at + Probe.ELEMENT);
    }

    /** Empties a list without releasing its elements, which the caller now owns. */
    static void forget(long list) {
        Memory.setLong(list + 24, Memory.getLong(list + 16));
    }

    public static int size(long list) { return (int) ((Memory.getLong(list + 24) - Memory.getLong(list + 16)) / Probe.ELEMENT); }

    public static int tag(long list, int i) { return Memory.getInt(Memory.getLong(list + 16) + Probe.ELEMENT * i + Probe.TAG); }

    public static long payload(long list, int i) { return Memory.getLong(Memory.getLong(list + 16) + Probe.ELEMENT * i); }

    private static long shared(long object) {
        References.retain(object);
        return object;
    }

    private static long intern(Object key, Function<Object, Long> make) {
        return INTERNED.size() < MOST_INTERNED ? shared(INTERNED.computeIfAbsent(key, make)) : make.apply(key);
    }

    /** Takes the object out of the C++ value that holds it. */
    private static long object(Pointer holder) {
        long object = Memory.getLong(holder.address());
        References.retain(object);
        holder.deallocate();
        return object;
    }

    private static Type.TypePtr elementTypeOf(String listType) {
        return torch.parseSchema("probe(" + listType + " list) -> ()").arguments().type().get().containedType(0);
    }
}
