package panatorch.export;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A function of single elements that oneDNN computes within a convolution or linear layer. Those with numbers, such as {@code leaky_relu}
 * and {@code hardtanh}, are not among them: a call cannot be given their list of optional numbers yet.
 *
 * @param name its name as {@code mkldnn::_linear_pointwise} takes it
 * @param algorithm {@code none} or {@code tanh} for GELU, otherwise empty
 */
record Activation(String name, String algorithm) {
    static final Activation NONE = new Activation("none", "");
    private static final String ATEN = "torch.ops.aten.", OVERLOAD = ".default";

    /** Returns the function that a call computes, or null if it is none of them. */
    static @Nullable Activation of(GraphText.@Nullable Node node) {
        if (node == null || !node.target().startsWith(ATEN) || !node.target().endsWith(OVERLOAD)) return null;
        String operator = node.target().substring(ATEN.length(), node.target().length() - OVERLOAD.length());
        return switch (operator.endsWith("_") ? operator.substring(0, operator.length() - 1) : operator) {
            case "relu" -> new Activation("relu", "");
            case "tanh" -> new Activation("tanh", "");
            case "sigmoid" -> new Activation("sigmoid", "");
            case "hardswish" -> new Activation("hardswish", "");
            case "hardsigmoid" -> new Activation("hardsigmoid", "");
            case "silu" -> new Activation("swish", "");
            case "gelu" ->
                    new Activation("gelu", node.input("approximate") instanceof Argument.Constant(Object v) ? String.valueOf(v) : "none");
            default -> null;
        };
    }

    /** Returns the three arguments of oneDNN's operators that stand for this. */
    List<Argument> arguments() {
        return List.of(new Argument.Constant(name), new Argument.Items(List.of()), new Argument.Constant(algorithm));
    }
}
