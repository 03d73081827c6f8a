package panatorch.internal.calls;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import panatorch.internal.libtorch.DispatcherStack;
import panatorch.internal.libtorch.NativeLists;
import panatorch.internal.libtorch.References;
import panatorch.internal.libtorch.Tag;

/**
 * The operators that a thread calls, as nodes that name the nodes whose results they take, for display. Holds every tensor that it sees, so
 * that each keeps the address by which it is known, until it is closed. For use by one thread.
 */
public final class CallGraph implements CallRecorder, AutoCloseable {
    /** Types of arguments whose numbers only libtorch can read. */
    private static final Set<String> CODED = Set.of("ScalarType", "Layout", "MemoryFormat", "Device", "Generator");

    /**
     * An operator's call, or a tensor that no operator has made.
     *
     * @param name unique name, with the names of the scopes around it before slashes
     * @param kind operator's name without the overload: {@code aten::linear}
     * @param attributes arguments that are no tensors: {@code dim=1, keepdim=true}
     * @param inputs names of the nodes of its tensors; of results after the first with a colon and their number
     * @param shapes shapes of its results
     */
    public record Node(String name, String kind, String attributes, List<String> inputs, List<long[]> shapes) {}

    /** A tensor that was announced, and becomes a node when it is used. */
    private record Known(String name, String kind) {}

    private final List<Node> nodes = new ArrayList<>();
    private final Map<Long, String> made = new HashMap<>();
    private final Map<Long, Known> known = new HashMap<>();
    private final Set<String> used = new HashSet<>();
    private final List<Long> held = new ArrayList<>();
    private final Deque<String> scopes = new ArrayDeque<>();
    private @Nullable PreparedOperator operator;
    private List<String> inputs = List.of();
    private String attributes = "";

    /** Returns the nodes in the order of their calls. */
    public List<Node> nodes() { return nodes; }

    /** Names a tensor that no operator has made, such as a parameter. It becomes a node once an operator takes it. */
    public void know(Object tensor, String name, String kind) {
        long address = RawValues.access().share(tensor);
        held.add(address);
        known.putIfAbsent(address, new Known(name, kind));
    }

    /** Adds a node that stands for a use of a tensor, such as an output. */
    public void use(Object tensor, String name, String kind) {
        long address = RawValues.access().share(tensor);
        held.add(address);
        nodes.add(new Node(unique(name), kind, "", List.of(nameOf(address)), List.of(RawValues.access().shape(address))));
    }

    /** Begins a part of the program: its operators' names start with {@code path}. */
    public void enter(String path) { scopes.push(path); }

    /** Ends the part that was begun last. */
    public void leave() { scopes.pop(); }

    private String unique(String name) {
        String free = name;
        for (int n = 1; !used.add(free); n++) free = name + "_" + n;
        return free;
    }

    private String scoped(String name) { return unique(scopes.isEmpty() ? name : scopes.peek() + "/" + name); }

    private String nameOf(long address) {
        String name = made.get(address);
        if (name != null) return name;
        Known k = known.get(address);
        String own = k == null ? scoped("constant") : unique(k.name);
        nodes.add(new Node(own, k == null ? "Constant" : k.kind, "", List.of(), List.of(RawValues.access().shape(address))));
        hold(address);
        made.put(address, own);
        return own;
    }

    private void hold(long address) {
        References.retain(address);
        held.add(address);
    }

    // ---- the calls

    @Override public void before(PreparedOperator op, DispatcherStack stack) {
        operator = op;
        var tensors = new ArrayList<String>();
        var others = new ArrayList<String>();
        for (int i = 0; i < op.parameters().size(); i++) {
            PreparedOperator.Parameter p = op.parameters().get(i);
            String text = text(p, stack.tag(i), stack.payload(i), tensors);
            if (text != null) others.add(p.name() + "=" + text);
        }
        inputs = tensors;
        attributes = String.join(", ", others);
    }

    /** Adds the names of an argument's tensors, and returns the text of one that is none; null if it is not shown. */
    private @Nullable String text(PreparedOperator.Parameter p, int tag, long payload, List<String> tensors) {
        if (tag == Tag.TENSOR) {
            if (!References.isUndefinedTensor(payload)) tensors.add(nameOf(payload));
            return null;
        }
        if (tag == Tag.NONE || CODED.contains(p.plain())) return null;
        if (tag == Tag.INT) return Long.toString(payload);
        if (tag == Tag.DOUBLE) return Double.toString(Double.longBitsToDouble(payload));
        if (tag == Tag.BOOL) return Boolean.toString((payload & 0xff) != 0);
        if (tag == Tag.STRING) return NativeLists.string(payload);
        if (tag != Tag.LIST) return null;
        int size = NativeLists.size(payload), before = tensors.size();
        String all = IntStream.range(0, size).mapToObj(i -> text(p, NativeLists.tag(payload, i), NativeLists.payload(payload, i), tensors))
                .filter(Objects::nonNull).collect(Collectors.joining(", ", "[", "]"));
        return tensors.size() > before ? null : all;
    }

    @Override public void after(DispatcherStack stack) {
        var results = new ArrayList<Long>();
        for (int i = 0; i < stack.size(); i++) {
            int tag = stack.tag(i);
            long payload = stack.payload(i);
            if (tag == Tag.TENSOR) results.add(payload);
            else
                if (tag == Tag.LIST)
                    for (int k = 0; k < NativeLists.size(payload); k++)
                        if (NativeLists.tag(payload, k) == Tag.TENSOR) results.add(NativeLists.payload(payload, k));
        }
        results.removeIf(References::isUndefinedTensor);
        if (results.isEmpty()) return;
        String kind = Objects.requireNonNull(operator).name();
        int overload = kind.indexOf('.');
        if (overload >= 0) kind = kind.substring(0, overload);
        String name = scoped(kind.substring(kind.indexOf("::") + 2));
        nodes.add(new Node(name, kind, attributes, inputs, results.stream().map(RawValues.access()::shape).toList()));
        for (int i = 0; i < results.size(); i++) {
            hold(results.get(i));
            made.put(results.get(i), i == 0 ? name : name + ":" + i);
        }
    }

    @Override public void reading(long tensor) {}

    /** Releases the tensors. Closing twice is harmless. */
    @Override public void close() {
        int[] tags = new int[held.size()];
        Arrays.fill(tags, Tag.TENSOR);
        RawValues.access().release(tags, held.stream().mapToLong(a -> a).toArray());
        held.clear();
    }
}
