package panatorch.export;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A function of single elements that oneDNN computes within a convolution or linear layer.
 *
 * @param name its name as {@code mkldnn::_linear_pointwise} takes it
 * @param numbers its parameters: the slope of {@code leaky_relu}, the two ends of {@code hardtanh}
 * @param algorithm {@code none} or {@code tanh} for GELU, otherwise empty
 */
record Activation(String name, List<Argument> numbers, String algorithm) {
    static final Activation NONE = of("none");
    private static final String ATEN = "torch.ops.aten.", OVERLOAD = ".default";
    private static final Argument ZERO = new Argument.Constant(0.0), SIX = new Argument.Constant(6.0);

    private static Activation of(String name, Argument... numbers) { return new Activation(name, List.of(numbers), ""); }

    /** Returns the function that a call computes, or null if it is none of them. */
    static @Nullable Activation of(GraphText.@Nullable Node node) {
        if (node == null || !node.target().startsWith(ATEN) || !node.target().endsWith(OVERLOAD)) return null;
        String operator = node.target().substring(ATEN.length(), node.target().length() - OVERLOAD.length());
        return switch (operator.endsWith("_") ? operator.substring(0, operator.length() - 1) : operator) {
            case "relu" -> of("relu");
            case "relu6" -> of("hardtanh", ZERO, SIX);
            case "hardtanh" -> withNumbers("hardtanh", number(node, "min_val", -1), number(node, "max_val", 1));
            case "leaky_relu" -> withNumbers("leaky_relu", number(node, "negative_slope", 0.01));
            case "tanh" -> of("tanh");
            case "sigmoid" -> of("sigmoid");
            case "hardswish" -> of("hardswish");
            case "hardsigmoid" -> of("hardsigmoid");
            case "silu" -> of("swish");
            case "gelu" -> new Activation("gelu", List.of(),
                    node.input("approximate") instanceof Argument.Constant(Object v) ? String.valueOf(v) : "none");
            default -> null;
        };
    }

    private static Argument number(GraphText.Node node, String parameter, double standard) {
        Argument given = node.input(parameter);
        return given == null ? new Argument.Constant(standard) : given;
    }

    /** Returns the function; null if a parameter is computed in each run. */
    private static @Nullable Activation withNumbers(String name, Argument... numbers) {
        boolean known = Arrays.stream(numbers).allMatch(a -> a instanceof Argument.Constant(Object v) && v instanceof Number);
        return known ? of(name, numbers) : null;
    }

    /** Returns the three arguments of oneDNN's operators that stand for this. */
    List<Argument> arguments() {
        return List.of(new Argument.Constant(name), new Argument.Items(numbers), new Argument.Constant(algorithm));
    }
}
