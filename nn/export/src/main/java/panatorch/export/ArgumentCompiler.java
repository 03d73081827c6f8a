package panatorch.export;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.Device;
import panatorch.internal.calls.PreparedOperator.Parameter;
import panatorch.internal.calls.RawValues;
import panatorch.internal.libtorch.Tag;

/**
 * Turns a program's arguments into what writes them, by the types that the operator's schema has, and as Python converts: a number for a
 * tensor, one integer for a list of them, an int for a float.
 */
final class ArgumentCompiler {
    private static final RawValues VALUES = RawValues.access();
    /** Flags by which operators tell training from evaluation, by the operator's name. */
    private static final Map<String, String> TRAINING_FLAGS = Map.ofEntries(Map.entry("aten::dropout", "train"),
            Map.entry("aten::dropout_", "train"), Map.entry("aten::feature_dropout", "train"), Map.entry("aten::feature_dropout_", "train"),
            Map.entry("aten::alpha_dropout", "train"), Map.entry("aten::alpha_dropout_", "train"),
            Map.entry("aten::feature_alpha_dropout", "train"), Map.entry("aten::feature_alpha_dropout_", "train"),
            Map.entry("aten::native_dropout", "train"), Map.entry("aten::batch_norm", "training"),
            Map.entry("aten::native_batch_norm", "training"), Map.entry("aten::lstm.input", "train"), Map.entry("aten::gru.input", "train"),
            Map.entry("aten::lstm.data", "train"), Map.entry("aten::gru.data", "train"), Map.entry("aten::rnn_tanh.input", "train"),
            Map.entry("aten::rnn_relu.input", "train"), Map.entry("aten::rnn_tanh.data", "train"),
            Map.entry("aten::rnn_relu.data", "train"), Map.entry("aten::rrelu", "training"), Map.entry("aten::rrelu_", "training"));
    private static final String ATTENTION = "aten::scaled_dot_product_attention";
    /** The longest list that a single number is repeated to. */
    private static final int LONGEST = 64;

    /** What a program keeps for its calls. */
    interface Context {
        /** Has the program own a value. */
        Operand.Constant own(RawValues.Value value);

        /** Returns the type of device that the program was exported on. */
        Device.Type exportedOn();

        /** Notes that a call needs the program's device. */
        void needsDevice();

        /** Returns whether the program was exported in training mode. */
        boolean exportedInTraining();
    }

    private final Context context;
    private final Values values;

    ArgumentCompiler(Context context, Values values) {
        this.context = context;
        this.values = values;
    }

    /** Returns whether a node has a flag that says that the program is in training mode. */
    static boolean trains(GraphText.Node node, String operator) {
        String flag = flag(node, operator);
        return flag != null && node.input(flag) instanceof Argument.Constant c && c.value() instanceof Boolean b && b;
    }

    /**
     * Returns the name of the flag by which a call tells training from evaluation; null if it does the same in both. A normalisation
     * without running statistics, as of standardised weights, always takes those of its input.
     */
    private static @Nullable String flag(GraphText.Node node, String operator) {
        Argument mean = node.input("running_mean");
        boolean normalisation = operator.equals("aten::batch_norm") || operator.equals("aten::native_batch_norm");
        return normalisation && (mean == null || mean.equals(Argument.NONE)) ? null : TRAINING_FLAGS.get(operator);
    }

    /**
     * Compiles the argument of a call for a parameter.
     *
     * @throws IllegalArgumentException if it does not fit the parameter
     */
    ArgumentWriter compile(GraphText.Node node, String operator, Parameter p) {
        Argument argument = node.input(p.name());
        if (argument == null) {
            if (p.standard() == 0) throw new IllegalArgumentException("the argument '" + p.name() + "' is missing");
            return new ArgumentWriter.Default(p.standard());
        }
        try {
            ArgumentWriter modal = modal(node, operator, p, argument);
            return modal != null ? modal : plain(p, argument);
        } catch (IllegalArgumentException | NullPointerException e) {
            throw new IllegalArgumentException("the argument '" + p.name() + "' is a " + p.type() + ": " + e.getMessage(), e);
        }
    }

    /** Returns the writer of an argument that depends on the program's mode or device; otherwise null. */
    private @Nullable ArgumentWriter modal(GraphText.Node node, String operator, Parameter p, Argument argument) {
        if (!(argument instanceof Argument.Constant c)) return null;
        if (p.name().equals(flag(node, operator)) && c.value() instanceof Boolean exported)
            return new ArgumentWriter.TrainingFlag(!context.exportedInTraining() || exported);
        if (operator.equals(ATTENTION) && p.name().equals("dropout_p") && c.value() instanceof Double drop && drop > 0)
            return new ArgumentWriter.DropProbability(drop);
        if (c.value() instanceof Device d && d.type() == context.exportedOn()) {
            context.needsDevice();
            return new ArgumentWriter.ProgramDevice();
        }
        return null;
    }

    private ArgumentWriter plain(Parameter p, Argument argument) {
        return switch (argument) {
            case Argument.Constant c -> constant(p, c.value());
            case Argument.Name n -> named(p, n);
            case Argument.Items items -> items(p, items.items());
            case Argument.PythonOnly only -> throw new IllegalArgumentException("'" + only.name() + "' is " + only.what());
            default -> throw new IllegalArgumentException("a graph or dict is no argument of an operator");
        };
    }

    private ArgumentWriter constant(Parameter p, @Nullable Object value) {
        String type = p.plain();
        if (type.equals("Tensor") && value instanceof Object number && (number instanceof Number || number instanceof Boolean))
            return context.own(new RawValues.Value(Tag.TENSOR, VALUES.wrappedNumber(number)));
        if (type.endsWith("[]") && value != null) return items(p, repeated(p, new Argument.Constant(value)));
        if (type.equals("bool") && value instanceof Long l) return own(p.type(), l != 0);
        if (isInteger(type) && value instanceof Boolean b) return own(p.type(), b ? 1L : 0L);
        if (isInteger(type) && value instanceof DType t && VALUES.value("ScalarType", t) instanceof RawValues.Value v)
            return context.own(v);
        return own(p.type(), value);
    }

    private static boolean isInteger(String type) { return type.equals("int") || type.equals("SymInt"); }

    private Operand.Constant own(String type, @Nullable Object value) { return context.own(VALUES.value(type, value)); }

    private static List<Argument> repeated(Parameter p, Argument one) {
        if (p.length() > LONGEST) throw new IllegalArgumentException("a list of " + p.length());
        var list = new Argument[Math.max(1, p.length())];
        Arrays.fill(list, one);
        return List.of(list);
    }

    private ArgumentWriter named(Parameter p, Argument.Name n) {
        String type = p.plain();
        boolean tensor = values.kind(n.name()) == Argument.Kind.TENSOR;
        if (type.equals("Tensor")) return tensor ? values.use(n.name()) : new ArgumentWriter.WrappedNumber(values.number(n.name()));
        if (type.endsWith("[]")) return items(p, repeated(p, n));
        if (type.equals("float")) return new ArgumentWriter.Real(values.number(n.name()));
        if (isInteger(type) || type.equals("bool") || type.equals("Scalar") || type.equals("number")) {
            requireKind(type, n.name());
            return values.use(n.name());
        }
        throw new IllegalArgumentException("'" + n.name() + "' is a " + values.kind(n.name()));
    }

    private void requireKind(String type, String name) {
        values.number(name);
        Argument.Kind kind = values.kind(name);
        boolean fits = isInteger(type) ? kind == Argument.Kind.INT : !type.equals("bool") || kind == Argument.Kind.BOOL;
        if (!fits) throw new IllegalArgumentException("'" + name + "' is a " + kind);
    }

    // ---- lists

    private ArgumentWriter items(Parameter p, List<Argument> items) {
        return switch (p.plain()) {
            case "Tensor[]" -> tensors(items, false);
            case "Tensor?[]", "Optional[Tensor][]" -> tensors(items, true);
            case "int[]", "SymInt[]" -> isConstant(items) ? own(p.type(), constants(items)) : integers(items);
            case "float[]" -> isConstant(items) ? own(p.type(), constants(items)) : reals(items);
            default -> own(p.type(), constants(items));
        };
    }

    private static boolean isConstant(List<Argument> items) { return items.stream().allMatch(Argument.Constant.class::isInstance); }

    private static List<Object> constants(List<Argument> items) {
        var list = new ArrayList<Object>();
        for (Argument a : items) {
            if (!(a instanceof Argument.Constant c) || c.value() == null)
                throw new IllegalArgumentException("an element of the list is no constant");
            list.add(c.value());
        }
        return list;
    }

    private ArgumentWriter tensors(List<Argument> items, boolean optional) {
        var operands = new Operand[items.size()];
        for (int i = 0; i < operands.length; i++) {
            operands[i] = switch (items.get(i)) {
                case Argument.Name n when values.kind(n.name()) == Argument.Kind.TENSOR -> values.use(n.name());
                case Argument.Constant(Object none) when none == null && optional -> new Operand.Constant(Tag.NONE, 0);
                default -> throw new IllegalArgumentException("element " + i + " of the list is not a tensor");
            };
        }
        return new ArgumentWriter.Tensors(operands, optional);
    }

    private ArgumentWriter integers(List<Argument> items) {
        var known = new long[items.size()];
        int[] slots = slots(items, Argument.Kind.INT);
        for (int i = 0; i < known.length; i++) if (slots[i] < 0) known[i] = number(items.get(i)).longValue();
        return new ArgumentWriter.Integers(known, slots);
    }

    private ArgumentWriter reals(List<Argument> items) {
        var known = new double[items.size()];
        int[] slots = slots(items, null);
        for (int i = 0; i < known.length; i++) if (slots[i] < 0) known[i] = number(items.get(i)).doubleValue();
        return new ArgumentWriter.Reals(known, slots);
    }

    private int[] slots(List<Argument> items, Argument.@Nullable Kind kind) {
        var slots = new int[items.size()];
        for (int i = 0; i < slots.length; i++) {
            slots[i] = items.get(i) instanceof Argument.Name n ? values.number(n.name()) : -1;
            if (items.get(i) instanceof Argument.Name n && kind != null && values.kind(n.name()) != kind)
                throw new IllegalArgumentException("'" + n.name() + "' is a " + values.kind(n.name()));
        }
        return slots;
    }

    private static Number number(Argument a) {
        if (a instanceof Argument.Constant c && (c.value() instanceof Long || c.value() instanceof Double)) return (Number) c.value();
        throw new IllegalArgumentException("an element of the list is no number");
    }
}
