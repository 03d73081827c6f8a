package panatorch.export;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import panatorch.Complex;
import panatorch.DType;
import panatorch.Device;
import panatorch.Layout;
import panatorch.MemoryFormat;
import panatorch.NoGrad;
import panatorch.Tensor;
import panatorch.internal.calls.CallRecorder;
import panatorch.internal.calls.PreparedOperator;
import panatorch.internal.calls.RawValues;
import panatorch.internal.calls.ValueStack;
import panatorch.internal.libtorch.DispatcherStack;
import panatorch.internal.libtorch.Memory;
import panatorch.internal.libtorch.NativeLists;
import panatorch.internal.libtorch.References;
import panatorch.internal.libtorch.Tag;

/**
 * The operators that a module calls for one set of inputs, as the nodes of a graph. Holds every tensor that it sees, so that each keeps the
 * address by which it is known, until it is closed.
 */
final class Recording implements CallRecorder, AutoCloseable {
    /** A tensor that nobody has computed or given: it is part of the program. */
    record Constant(String name, Tensor tensor) {}

    /** Operators whose results follow from types and sizes alone, so that they are constants, or found again as sizes are. */
    private static final Set<String> OF_METADATA = Set.of("is_floating_point", "is_complex", "is_signed", "is_same_size", "is_inference",
            "is_conj", "is_neg", "_is_zerotensor", "is_leaf", "is_pinned", "size", "sym_size", "stride", "sym_stride", "numel", "sym_numel",
            "dim", "is_contiguous", "result_type", "can_cast",
            "promote_types");

    /** Operators that make a tensor of no other and without chance. */
    private static final Set<String> FACTORIES =
            Set.of("empty", "empty_strided", "zeros", "ones", "full", "arange", "linspace", "eye", "scalar_tensor");

    private final List<GraphText.Node> nodes = new ArrayList<>();
    private final Map<String, TensorMeta> metas = new LinkedHashMap<>();
    private final Map<Long, String> names = new HashMap<>();
    private final Set<String> used = new HashSet<>();
    private final List<Constant> constants = new ArrayList<>();
    private final List<Tensor> held = new ArrayList<>();
    private final boolean gradients = NoGrad.isGradEnabled();
    private @Nullable PreparedOperator operator;
    private List<GraphText.Input> arguments = List.of();

    List<GraphText.Node> nodes() { return nodes; }

    Map<String, TensorMeta> metas() { return metas; }

    List<Constant> constants() { return constants; }

    /** Names a tensor that the program is given. */
    void know(String name, Tensor t) {
        long address = RawValues.access().share(t);
        know(name, address, adopt(address));
        used.add(name);
    }

    private void know(String name, long address, Tensor t) {
        if (t.layout() != Layout.STRIDED)
            throw refused("a " + t.layout() + " tensor is used, and programs have strided ones only");
        names.put(address, name);
        metas.put(name, TensorMeta.of(t, RawValues.access().storageOffset(address), t.requiresGrad()));
    }

    /** Holds a tensor by a reference that it takes over. */
    private Tensor adopt(long address) {
        Tensor t = Objects.requireNonNull((Tensor) RawValues.access().adopt(address)).escape();
        held.add(t);
        return t;
    }

    private Tensor hold(long address) {
        References.retain(address);
        return adopt(address);
    }

    /** Returns the value that a result of the module is in the graph. */
    Argument.Name result(Tensor t) {
        long address = RawValues.access().share(t);
        adopt(address);
        return tensor(address);
    }

    // ---- calls

    private String name() { return Objects.requireNonNull(operator).name(); }

    @Override public void before(PreparedOperator op, DispatcherStack stack) {
        operator = op;
        if (op.dependsOnValues()) throw refused(op.name() + " has a result that depends on the values of tensors");
        var inputs = new ArrayList<GraphText.Input>();
        boolean byName = false;
        for (int i = 0; i < op.parameters().size(); i++) {
            PreparedOperator.Parameter p = op.parameters().get(i);
            boolean standard = isStandard(p, stack.tag(i), stack.payload(i));
            byName |= standard || p.keyword();
            if (!standard) inputs.add(new GraphText.Input(p.name(), argument(p.plain(), stack.tag(i), stack.payload(i)), byName));
        }
        arguments = inputs;
        boolean ends = op.name().equals("aten::detach") || op.name().equals("aten::detach_");
        if (gradients && !ends && !NoGrad.isGradEnabled() && inputs.stream().anyMatch(i -> needsGradient(i.argument())))
            throw refused(op.name() + " is called without gradients on something that has one, which a recording cannot say");
    }

    private boolean needsGradient(Argument a) {
        return switch (a) {
            case Argument.Name n -> metas.containsKey(n.name()) && metas.get(n.name()).requiresGrad();
            case Argument.Items items -> items.items().stream().anyMatch(this::needsGradient);
            default -> false;
        };
    }

    /** Returns whether an argument is the default. */
    private static boolean isStandard(PreparedOperator.Parameter p, int tag, long payload) {
        if (p.standard() == 0 || DispatcherStack.tagAt(p.standard()) != tag) return false;
        long standard = Memory.getLong(p.standard());
        if (tag == Tag.NONE || Tag.plain(tag) && standard == payload) return true;
        if (tag == Tag.STRING) return NativeLists.string(standard).equals(NativeLists.string(payload));
        if (tag != Tag.LIST || NativeLists.size(standard) != NativeLists.size(payload)) return false;
        for (int i = 0; i < NativeLists.size(payload); i++)
            if (!Tag.plain(NativeLists.tag(payload, i)) || NativeLists.payload(payload, i) != NativeLists.payload(standard, i))
                return false;
        return true;
    }

    private Argument argument(String type, int tag, long payload) {
        if (tag == Tag.NONE) return Argument.NONE;
        if (tag == Tag.TENSOR) return References.isUndefinedTensor(payload) ? Argument.NONE : tensor(payload);
        if (tag == Tag.LIST) {
            var items = new ArrayList<Argument>();
            String element = type.replaceFirst("\\[\\d*\\]$", "");
            for (int i = 0; i < NativeLists.size(payload); i++)
                items.add(argument(element.endsWith("?") ? element.substring(0, element.length() - 1) : element,
                        NativeLists.tag(payload, i), NativeLists.payload(payload, i)));
            return new Argument.Items(items);
        }
        return new Argument.Constant(constant(type, tag, payload));
    }

    private Object constant(String type, int tag, long payload) {
        if (tag == Tag.INT) return switch (type) {
            case "ScalarType" -> DType.ofCode((int) payload);
            case "Layout" -> Layout.values()[(int) payload];
            case "MemoryFormat" -> MemoryFormat.values()[(int) payload];
            default -> payload;
        };
        if (tag == Tag.DOUBLE) return Double.longBitsToDouble(payload);
        if (tag == Tag.BOOL) return (payload & 0xff) != 0;
        if (tag == Tag.STRING) return NativeLists.string(payload);
        Object value;
        try (var stack = ValueStack.open()) {
            value = tag == Tag.GENERATOR ? null : stack.read(tag, payload);
        }
        if (value instanceof Complex || value instanceof Device) return value;
        throw refused("an argument of " + name() + " is a " + type + ", which programs cannot hold"
                + (tag == Tag.GENERATOR ? "; let it draw from the default generator" : ""));
    }

    private Argument.Name tensor(long address) {
        String name = names.get(address);
        return new Argument.Name(name != null ? name : constant(address), Argument.Kind.TENSOR);
    }

    private String constant(long address) {
        String name = unique("c_lifted_tensor_" + constants.size());
        Tensor t = hold(address);
        constants.add(new Constant(name, t));
        know(name, address, t);
        return name;
    }

    @Override public void after(DispatcherStack stack) {
        String base = name().substring(name().indexOf("::") + 2);
        base = base.contains(".") ? base.substring(0, base.indexOf('.')) : base;
        if (OF_METADATA.contains(base)) return;
        var outputs = new ArrayList<Argument>();
        boolean several = stack.size() > 1 || stack.size() == 1 && stack.tag(0) == Tag.LIST;
        String node = unique(base);
        for (int i = 0; i < stack.size(); i++) outputs.add(output(several ? null : node, stack.tag(i), stack.payload(i)));
        nodes.add(new GraphText.Node(node, target(name()), arguments, outputs, place()));
    }

    /** Returns where the operator is called, with its name in the place of the line's text, which Python's readers want to show. */
    private String place() {
        String place = CallPlace.here();
        return place.isEmpty() ? "" : place + ": " + name();
    }

    private Argument output(@Nullable String node, int tag, long payload) {
        if (tag == Tag.NONE || tag == Tag.TENSOR && References.isUndefinedTensor(payload)) return Argument.NONE;
        if (tag == Tag.LIST) {
            var items = new ArrayList<Argument>();
            for (int i = 0; i < NativeLists.size(payload); i++)
                items.add(output(null, NativeLists.tag(payload, i), NativeLists.payload(payload, i)));
            return new Argument.Items(items);
        }
        if (tag != Tag.TENSOR)
            throw refused(name() + " returns a value that Java can branch on, and a recording has one branch only");
        String name = node == null ? unique("getitem") : node;
        know(name, payload, hold(payload));
        return new Argument.Name(name, Argument.Kind.TENSOR);
    }

    /** A tensor that follows from no other, such as an empty one that Java is about to fill, becomes a constant. */
    @Override public void reading(long tensor) {
        String name = names.get(tensor);
        if (name == null || constants.stream().anyMatch(c -> c.name.equals(name))) return;
        GraphText.Node maker = nodes.stream().filter(n -> n.name().equals(name)).findFirst().orElse(null);
        boolean made = maker != null && FACTORIES.contains(maker.target().split("\\.")[3]);
        if (!made || nodes.stream().anyMatch(n -> namesIn(n).contains(name)))
            throw refused("Java reads the values of a tensor; what it does with them cannot be recorded");
        nodes.remove(maker);
        names.remove(tensor);
        metas.remove(name);
    }

    private static Set<String> namesIn(GraphText.Node node) {
        var names = new HashSet<String>();
        node.inputs().forEach(i -> Rewrite.names(i.argument(), names));
        return names;
    }

    private static IllegalArgumentException refused(String why) {
        String place = CallPlace.here();
        return new IllegalArgumentException("the module cannot be exported: " + why + (place.isEmpty() ? "" : " (" + place + ")"));
    }

    private String unique(String base) {
        String name = base;
        for (int n = 1; !used.add(name); n++) name = base + "_" + n;
        return name;
    }

    /** Returns Python's name of an operator: {@code torch.ops.aten.add.Tensor}. */
    static String target(String qualified) {
        int colons = qualified.indexOf("::");
        String name = qualified.substring(colons + 2);
        return GraphCompiler.OPERATORS + qualified.substring(0, colons) + "." + (name.contains(".") ? name : name + ".default");
    }

    @Override public void close() { held.forEach(Tensor::close); }
}
