package panatorch;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An index that selects elements of a tensor, as Python's square brackets do. With static imports, {@code x[:, 0:-1:2, None, mask]} is
 * {@code x.get(index(ALL, slice(0, -1, 2), NEW_AXIS, mask))}. Immutable; it refers to its tensors, but does not own them.
 */
public final class Index {
    /** A part that is a constant or a slice. */
    public sealed interface Part permits Special, Slice {}

    private enum Special implements Part { ALL, ELLIPSIS, NEW_AXIS }

    private record Slice(@Nullable Long start, @Nullable Long end, long step) implements Part {}

    /** All of a dimension: {@code :} in Python. */
    public static final Part ALL = Special.ALL;
    /** All dimensions that the other parts leave: {@code ...} in Python. */
    public static final Part ELLIPSIS = Special.ELLIPSIS;
    /** A new dimension of size 1: {@code None} in Python. */
    public static final Part NEW_AXIS = Special.NEW_AXIS;

    private final List<Object> parts;

    private Index(List<Object> parts) { this.parts = parts; }

    /**
     * Returns a slice from {@code start} to {@code end}, exclusive. Negative bounds count from the end; null stands for the dimension's own
     * bound.
     */
    public static Part slice(@Nullable Number start, @Nullable Number end) {
        return slice(start, end, 1);
    }

    /** Returns a slice from the start of the dimension to {@code end}, exclusive. */
    public static Part slice(@Nullable Number end) {
        return slice(null, end, 1);
    }

    /** Returns a slice of every {@code step}-th element from {@code start} to {@code end}, exclusive. The step must be positive. */
    public static Part slice(@Nullable Number start, @Nullable Number end, long step) {
        if (step < 1) throw new IllegalArgumentException("the step of a slice must be positive, not " + step);
        return new Slice(start == null ? null : (Long) start.longValue(), end == null ? null : (Long) end.longValue(), step);
    }

    /**
     * Returns an index made of its parts, one for each dimension in order.
     *
     * @param parts integers, which select one element of a dimension and drop it; {@link #ALL}, {@link #ELLIPSIS} (once),
     * {@link #NEW_AXIS}; {@link #slice}s; tensors [] of a whole number, which select as integers do and whose value is read; other int64
     * tensors of indices and bool masks, which follow NumPy's rules of advanced indexing; a {@code long[]} or {@code int[]} of indices
     */
    public static Index index(Object... parts) {
        int ellipses = 0;
        for (Object p : parts) {
            if (p == ELLIPSIS && ++ellipses > 1) throw new IllegalArgumentException("an index may hold only one ELLIPSIS");
            if (!(p instanceof Part || p instanceof Tensor || p instanceof Long || p instanceof Integer || p instanceof long[]
                    || p instanceof int[]))
                throw new IllegalArgumentException(
                        "not a valid part of an index: " + (p == null ? "null" : p.getClass().getSimpleName() + " " + p));
        }
        return new Index(List.of(parts));
    }

    /**
     * Returns an index that is written as in Python's square brackets: {@code ":, 0::2"}, {@code "..., -1"}, {@code "None, 3:5"}. Numbers
     * and slices only; {@link #index} takes tensors.
     *
     * @throws IllegalArgumentException if a part is none of these, or the step of a slice is not positive
     */
    public static Index parse(String brackets) {
        var parts = new ArrayList<Object>();
        String list = brackets.strip();
        if (list.endsWith(",")) list = list.substring(0, list.length() - 1); // a tuple of one part
        for (String each : list.split(",", -1)) {
            String part = each.strip();
            parts.add(switch (part) {
                case ":" -> ALL;
                case "..." -> ELLIPSIS;
                case "None" -> NEW_AXIS;
                default -> part.contains(":") ? slice(part, brackets) : (Object) number(part, brackets);
            });
        }
        return index(parts.toArray());
    }

    private static Part slice(String part, String brackets) {
        String[] bounds = part.split(":", -1);
        if (bounds.length > 3) throw notAnIndex(part, brackets);
        Long step = bounds.length < 3 ? null : bound(bounds[2], brackets);
        return slice(bound(bounds[0], brackets), bound(bounds[1], brackets), step == null ? 1 : step);
    }

    private static @Nullable Long bound(String text, String brackets) {
        return text.isBlank() ? null : (Long) number(text.strip(), brackets);
    }

    private static long number(String text, String brackets) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw notAnIndex(text, brackets);
        }
    }

    private static IllegalArgumentException notAnIndex(String part, String brackets) {
        return new IllegalArgumentException("'" + part + "' in the index [" + brackets + "] is neither a number, a slice, ..., nor None");
    }

    /** The elements of a tensor that an index selects, to be read or written: {@code x.at(":, 0::2").set(0)}. */
    public static final class Place {
        private final Tensor tensor;
        private final Index index;

        Place(Tensor tensor, Index index) {
            this.tensor = tensor;
            this.index = index;
        }

        /** Returns the elements: a view, or a copy if the index contains tensors. */
        public Tensor get() {
            return index.get(tensor);
        }

        /** Writes {@code value}, broadcast and converted, to the elements, and returns the whole tensor. */
        public Tensor set(Tensor value) {
            return tensor.set(index, value);
        }

        /** Writes one number to all elements, and returns the whole tensor. */
        public Tensor set(Number value) {
            return tensor.set(index, value);
        }

        /** Adds {@code value} to the elements, {@code x[…] += value}, and returns the whole tensor. */
        public Tensor add(Tensor value) {
            try (var scope = Scope.open()) {
                return tensor.set(index, get().add(value));
            }
        }
    }

    /** The view that the parts other than tensors select, and for each of its dimensions the tensor that selects in it, or null. */
    private record Chosen(Tensor view, List<@Nullable Tensor> tensors) {
        boolean advanced() { return tensors.stream().anyMatch(t -> t != null); }
    }

    private Chosen choose(Tensor t) {
        long taken = parts.stream().mapToLong(p -> p == NEW_AXIS || p == ELLIPSIS ? 0 : p instanceof Tensor i ? dimensions(i) : 1).sum();
        if (taken > t.dim())
            throw new IndexOutOfBoundsException(
                    "the index has " + taken + " dimensions, but the tensor has only " + t.dim() + ": shape "
                            + java.util.Arrays.toString(t.shape()));
        Tensor view = t;
        var tensors = new ArrayList<@Nullable Tensor>();
        int d = 0, merged = 0; // the next dimension of the view; dimensions that masks before it have in excess of one
        for (Object p : parts) {
            switch (p) {
                case Special s when s == Special.ALL -> d++;
                case Special s when s == Special.ELLIPSIS -> d += (int) (t.dim() - taken);
                case Special _ -> view = view.unsqueeze(d++);
                case Slice s -> view = view.slice(d++, s.start, s.end, s.step);
                case long[] a -> choices(tensors, d++ - merged, NestedArrays.tensor(a).to(t.device()));
                case int[] a -> choices(tensors, d++ - merged, NestedArrays.tensor(a).to(t.device(), DType.INT64));
                case Tensor i when selects(i) -> view = select(view, d, i.itemLong());
                case Tensor i -> {
                    boolean truth = dimensions(i) == 0; // chooses all or nothing
                    if (truth) view = view.unsqueeze(d);
                    choices(tensors, d - merged, truth ? i.unsqueeze(0) : i);
                    int chosen = Math.max(1, dimensions(i));
                    d += chosen;
                    merged += chosen - 1;
                }
                default -> view = select(view, d, ((Number) p).longValue());
            }
        }
        return new Chosen(view, tensors);
    }

    private static void choices(List<@Nullable Tensor> tensors, int d, Tensor of) {
        while (tensors.size() < d) tensors.add(null);
        tensors.add(of);
    }

    /** Returns the number of dimensions that a tensor in an index covers: all of its own for a mask, which is in the list once. */
    private static int dimensions(Tensor i) {
        return i.dtype() == DType.BOOL || i.dtype() == DType.UINT8 ? (int) i.dim() : 1;
    }

    /** Returns whether a tensor is a single whole number, which selects a view as a Java number does (pytorch/pytorch#6217). */
    private static boolean selects(Tensor i) {
        DType type = i.dtype();
        boolean whole = !type.isFloatingPoint() && !type.isComplex() && type != DType.BOOL && type != DType.UINT8;
        return whole && i.dim() == 0 && i.device().type() != Device.Type.META;
    }

    private static Tensor select(Tensor t, int d, long i) {
        long size = t.size(d);
        if (i < -size || i >= size)
            throw new IndexOutOfBoundsException("index " + i + " is out of range for dimension " + d + " of size " + size);
        return t.select(d, i);
    }

    /** Returns the selected elements of {@code t}; see {@link Tensor#get}. */
    Tensor get(Tensor t) {
        try (var scope = Scope.open()) {
            Chosen c = choose(t);
            if (c.advanced()) return scope.move(c.view.index(c.tensors));
            return scope.move(c.view == t ? t.alias() : c.view);
        }
    }

    /** Writes {@code value} to the selected elements of {@code t}; see {@link Tensor#set(Index, Tensor)}. */
    void set(Tensor t, Tensor value) {
        try (var scope = Scope.open()) {
            Chosen c = choose(t);
            Tensor v = value;
            // a value may have more dimensions than its place, if they are of size 1
            while (v.dim() > 0 && v.size(0) == 1) v = v.squeeze(0);
            if (c.advanced()) c.view.indexPut_(c.tensors, v.to(t.device(), t.dtype()));
            else c.view.copy_(v);
        }
    }
}
