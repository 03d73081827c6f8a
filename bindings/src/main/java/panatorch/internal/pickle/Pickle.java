package panatorch.internal.pickle;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads one pickle, of protocols 2 to 5 as CPython's {@code pickletools} documents them, without running any code. Python names are looked
 * up in a {@link Names}, which knows a few makers of data and refuses the rest.
 *
 * <p>
 * Values: {@code Long} or {@code BigInteger}, {@code Double}, {@code Boolean}, {@code String}, {@code byte[]}, null, {@code ArrayList} for
 * a list, an unmodifiable list for a tuple, {@code LinkedHashMap}, {@code LinkedHashSet}, and the objects that the names make.
 */
public final class Pickle {
    /** The objects that a pickle may refer to by name. */
    public interface Names {
        /** Returns a value, or a {@link Maker} of values. */
        Object global(String module, String name) throws IOException;

        /** Returns an object that lies outside of the pickle. */
        @Nullable Object persistent(@Nullable Object id) throws IOException;

        /** Returns the value of an 8-bit string of Python 2. The default decodes UTF-8. */
        default Object string(byte[] bytes) {
            return new String(bytes, StandardCharsets.UTF_8);
        }

        /** Returns the key that bytes stand for in a dict or set, or null, the default, if bytes are not allowed there. */
        default @Nullable String key(byte[] bytes) {
            return null;
        }

        /**
         * Returns the exception for a malformed pickle.
         *
         * @param what what is wrong with it, without the file's name
         */
        IOException malformed(String what);
    }

    /** A Python class or function, of which only the results are known here. */
    @FunctionalInterface
    public interface Maker {
        @Nullable Object make(List<@Nullable Object> arguments) throws IOException;
    }

    /** An object that a {@link Maker} made and that takes its attributes later. */
    public interface Built {
        void build(@Nullable Object state) throws IOException;
    }

    /** A value of an unknown class. It takes whatever arguments, items and attributes the pickle gives it, and keeps none. */
    public interface Opaque extends Maker, Built {
        @Override default Object make(List<@Nullable Object> arguments) { return this; }

        @Override default void build(@Nullable Object state) {}
    }

    private final MemorySegment data;
    private final Names names;
    private long at, made;
    private final ArrayList<@Nullable Object> stack = new ArrayList<>();
    private final ArrayDeque<Integer> marks = new ArrayDeque<>();
    private final Map<Long, @Nullable Object> memo = new HashMap<>();

    private Pickle(MemorySegment data, long at, Names names) {
        this.data = data;
        this.at = at;
        this.names = names;
    }

    /**
     * The result of reading a pickle.
     *
     * @param end offset of its end in the segment
     */
    public record Read(@Nullable Object value, long end) {}

    /** Reads the pickle at an offset of a segment. */
    public static Read read(MemorySegment data, long at, Names names) throws IOException {
        var pickle = new Pickle(data, at, names);
        Object value = pickle.run();
        return new Read(value, pickle.at);
    }

    private @Nullable Object run() throws IOException {
        if (u8() != 0x80 || u8() > 5) throw malformed("an unknown protocol");
        while (true) {
            int op = u8();
            if (op == '.') return pop();
            step(op);
        }
    }

    private void step(int op) throws IOException {
        switch (op) {
            case 0x80 -> u8(); // PROTO, again
            case 0x95 -> take(8); // FRAME: for readers of streams
            case 'N' -> push(null);
            case 0x88 -> push(true);
            case 0x89 -> push(false);
            case 'K' -> push((long) u8()); // BININT1
            case 'M' -> push(number(2)); // BININT2
            case 'J' -> push((long) (int) number(4)); // BININT
            case 0x8a -> push(integer(u8())); // LONG1
            case 0x8b -> push(integer(number(4))); // LONG4
            case 'G' -> push(Double.longBitsToDouble(Long.reverseBytes(number(8)))); // BINFLOAT, big-endian
            case 'X' -> push(text(number(4))); // BINUNICODE
            case 0x8c -> push(text(u8())); // SHORT_BINUNICODE
            case 'U' -> push(names.string(bytes(u8()))); // SHORT_BINSTRING
            case 'T' -> push(names.string(bytes((int) number(4)))); // BINSTRING, whose length has a sign
            case 0x8d -> push(text(number(8))); // BINUNICODE8
            case 'B' -> push(bytes(number(4))); // BINBYTES
            case 'C' -> push(bytes(u8())); // SHORT_BINBYTES
            case 0x8e, 0x96 -> push(bytes(number(8))); // BINBYTES8, BYTEARRAY8
            case ']' -> push(new ArrayList<>());
            case '}' -> push(new LinkedHashMap<>());
            case 0x8f -> push(new LinkedHashSet<>());
            case ')' -> push(List.of());
            case '(' -> marks.push(stack.size());
            case '0' -> pop();
            case '1' -> sinceMark(); // POP_MARK
            case '2' -> push(top()); // DUP
            case 't' -> push(tuple(sinceMark()));
            case 'l' -> push(sinceMark()); // LIST
            case 'd' -> setItems(new LinkedHashMap<>(), sinceMark(), true); // DICT
            case 0x85 -> push(tuple(popped(1)));
            case 0x86 -> push(tuple(popped(2)));
            case 0x87 -> push(tuple(popped(3)));
            case 'a' -> append(popped(1));
            case 'e' -> append(sinceMark());
            case 's' -> setItems(popped(2));
            case 'u' -> setItems(sinceMark());
            case 0x90 -> addItems(sinceMark()); // ADDITEMS
            case 0x91 -> push(set(sinceMark())); // FROZENSET
            case 'q' -> memo.put((long) u8(), top());
            case 'r' -> memo.put(index(number(4)), top());
            case 0x94 -> memo.put((long) memo.size(), top()); // MEMOIZE
            case 'h' -> push(remembered(u8()));
            case 'j' -> push(remembered(number(4)));
            case 'c' -> push(names.global(line(), line()));
            case 0x93 -> stackGlobal();
            case 'Q' -> push(names.persistent(pop()));
            case 'R', 0x81 -> make(); // REDUCE, NEWOBJ
            case 'b' -> build();
            default -> throw malformed(String.format("an operation (0x%02x) that a pickle of data does not need", op));
        }
    }

    // ---- operations

    private void stackGlobal() throws IOException {
        List<@Nullable Object> path = popped(2);
        if (!(path.get(0) instanceof String module) || !(path.get(1) instanceof String name)) throw malformed("a name that is not text");
        push(names.global(module, name));
    }

    private void make() throws IOException {
        List<@Nullable Object> call = popped(2);
        if (!(call.get(0) instanceof Maker maker) || !(call.get(1) instanceof List<?> arguments))
            throw malformed("a call of a value that is not a function");
        Object value = maker.make(Collections.unmodifiableList(arguments));
        if (value instanceof byte[] bytes && (made += bytes.length) > 2 * data.byteSize())
            throw malformed("values that would take far more memory than the file, built from the same parts again and again");
        push(value);
    }

    /** Sets attributes. Those that state dicts have beside their items ({@code _metadata}) are not needed and ignored. */
    private void build() throws IOException {
        Object state = pop();
        if (top() instanceof Built built) built.build(state);
        else if (!(top() instanceof Map)) throw malformed("attributes of something that is not a dict");
    }

    private void append(List<@Nullable Object> items) throws IOException {
        if (top() instanceof Opaque) return;
        if (!(top() instanceof ArrayList<?> list)) throw malformed("items appended to something that is not a list");
        @SuppressWarnings("unchecked") var typed = (ArrayList<@Nullable Object>) list;
        typed.addAll(items);
    }

    private void setItems(List<@Nullable Object> keysAndValues) throws IOException {
        if (top() instanceof Opaque) return;
        if (!(top() instanceof Map<?, ?> map)) throw malformed("items set in something that is not a dict");
        @SuppressWarnings("unchecked") var typed = (Map<@Nullable Object, @Nullable Object>) map;
        setItems(typed, keysAndValues, false);
    }

    private void setItems(Map<@Nullable Object, @Nullable Object> map, List<@Nullable Object> keysAndValues, boolean push)
            throws IOException {
        if (keysAndValues.size() % 2 != 0) throw malformed("a key without a value");
        for (int i = 0; i < keysAndValues.size(); i += 2) {
            Object key = key(keysAndValues.get(i));
            if (map.containsKey(key)) throw malformed("the key " + key + " twice in one dict");
            map.put(key, keysAndValues.get(i + 1));
        }
        if (push) push(map);
    }

    private void addItems(List<@Nullable Object> items) throws IOException {
        if (top() instanceof Opaque) return;
        if (!(top() instanceof Set<?> set)) throw malformed("items added to something that is not a set");
        @SuppressWarnings("unchecked") var typed = (Set<@Nullable Object>) set;
        for (Object item : items) typed.add(key(item));
    }

    private Set<@Nullable Object> set(List<@Nullable Object> items) throws IOException {
        var set = new LinkedHashSet<@Nullable Object>();
        for (Object item : items) set.add(key(item));
        return set;
    }

    /** Accepts only keys that hash quickly: tuples of tuples that hold each other twice would take forever. */
    private @Nullable Object key(@Nullable Object o) throws IOException {
        if (o instanceof byte[] bytes && names.key(bytes) instanceof String text) return text;
        if (isScalar(o) || o instanceof List<?> tuple && !(o instanceof ArrayList) && tuple.stream().allMatch(Pickle::isScalar)) return o;
        throw malformed("a key that is neither text, a number nor a tuple of them");
    }

    private static boolean isScalar(@Nullable Object o) {
        return o == null || o instanceof String || o instanceof Number || o instanceof Boolean || o instanceof Enum;
    }

    public static List<@Nullable Object> tuple(List<@Nullable Object> items) { return Collections.unmodifiableList(items); }

    // ---- the stack

    private void push(@Nullable Object value) { stack.add(value); }

    private @Nullable Object pop() throws IOException {
        need(1);
        return stack.removeLast();
    }

    private @Nullable Object top() throws IOException {
        need(1);
        return stack.getLast();
    }

    private void need(int values) throws IOException {
        if (stack.size() - (marks.isEmpty() ? 0 : marks.peek()) < values) throw malformed("an operation on values that are not there");
    }

    private List<@Nullable Object> popped(int count) throws IOException {
        need(count);
        return cut(stack.size() - count);
    }

    private List<@Nullable Object> sinceMark() throws IOException {
        if (marks.isEmpty()) throw malformed("an operation on a mark that is not there");
        return cut(marks.pop());
    }

    private List<@Nullable Object> cut(int from) {
        List<@Nullable Object> tail = stack.subList(from, stack.size());
        var values = new ArrayList<@Nullable Object>(tail);
        tail.clear();
        return values;
    }

    /** Refuses an index that no writer uses, and for which other readers would make room. */
    private long index(long memo) throws IOException {
        if (memo > data.byteSize()) throw malformed("a value under the number " + memo);
        return memo;
    }

    private @Nullable Object remembered(long key) throws IOException {
        Object value = memo.get(key);
        if (value == null && !memo.containsKey(key)) throw malformed("a reference to a value that is not there");
        return value;
    }

    // ---- bytes

    private MemorySegment take(long length) throws IOException {
        if (length < 0 || length > data.byteSize() - at)
            throw malformed("a value that continues beyond the end of the data, as in a truncated file");
        MemorySegment taken = data.asSlice(at, length);
        at += length;
        return taken;
    }

    private int u8() throws IOException { return Byte.toUnsignedInt(take(1).get(ValueLayout.JAVA_BYTE, 0)); }

    /** Little-endian, unsigned where it is shorter than 8 bytes. */
    private long number(int length) throws IOException {
        long value = 0;
        for (int i = 0; i < length; i++) value |= (long) u8() << 8 * i;
        return value;
    }

    private byte[] bytes(long length) throws IOException {
        MemorySegment taken = take(length);
        if (length > Integer.MAX_VALUE - 8) throw malformed("a text or number of " + length + " bytes");
        return taken.toArray(ValueLayout.JAVA_BYTE);
    }

    private String text(long length) throws IOException { return new String(bytes(length), StandardCharsets.UTF_8); }

    private String line() throws IOException {
        long end = at;
        while (end < data.byteSize() && data.get(ValueLayout.JAVA_BYTE, end) != '\n') end++;
        String line = text(end - at);
        take(1);
        return line;
    }

    private Number integer(long length) throws IOException {
        byte[] little = bytes(length);
        if (little.length == 0) return 0L;
        for (int i = 0, j = little.length - 1; i < j; i++, j--) {
            byte b = little[i];
            little[i] = little[j];
            little[j] = b;
        }
        var value = new BigInteger(little);
        return value.bitLength() < 64 ? (Number) value.longValue() : value;
    }

    private IOException malformed(String what) {
        return names.malformed("its pickle is damaged or made by hand: it has " + what + ", before byte " + at);
    }
}
