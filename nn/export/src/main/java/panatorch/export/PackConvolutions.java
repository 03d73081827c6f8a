package panatorch.export;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.Device;
import panatorch.MemoryFormat;
import panatorch.Operators;
import panatorch.Tensor;

/**
 * Has oneDNN do convolutions, with weights in the order that it prefers, together with the ReLU or the sum after them. Images that the
 * program is given are made channels-last, which all calls between convolutions keep.
 */
final class PackConvolutions implements Pass {
    private static final String CONVOLUTION = "torch.ops.aten.conv2d.default", POINTWISE = "mkldnn::_convolution_pointwise";
    private static final Argument NO_SCALARS = new Argument.Items(List.of());
    private int fused;

    @Override public void apply(Rewrite graph) {
        int packed = 0;
        for (GraphText.Node conv : List.copyOf(graph.nodes)) if (conv.target().equals(CONVOLUTION) && pack(graph, conv)) packed++;
        if (packed > 0) orderImages(graph);
        graph.report(packed, "convolutions done by oneDNN");
        graph.report(fused, "activations and sums done within convolutions");
    }

    /** Makes the images that convolutions are given channels-last. */
    private static void orderImages(Rewrite graph) {
        var images = new LinkedHashSet<String>();
        for (GraphText.Node node : graph.nodes)
            if (node.target().contains("_convolution_pointwise") && node.inputs().getFirst().argument() instanceof Argument.Name n
                    && graph.isInput(n.name(), 4) && !graph.isChanged(n.name()))
                images.add(n.name());
        for (String image : images) {
            String ordered = image + "_channels_last";
            graph.redirect(image, new Argument.Name(ordered, Argument.Kind.TENSOR));
            graph.nodes.addFirst(Rewrite.call("aten::contiguous", ordered, "",
                    List.of(new Argument.Name(image, Argument.Kind.TENSOR), new Argument.Constant(MemoryFormat.CHANNELS_LAST))));
        }
    }

    private boolean pack(Rewrite graph, GraphText.Node conv) {
        Tensor weight = graph.known(conv.input("weight"));
        Argument input = conv.input("input"), bias = conv.input("bias") == null ? Argument.NONE : conv.input("bias"),
                groups = conv.input("groups");
        String result = Rewrite.result(conv);
        long[] stride = Rewrite.integers(conv, "stride", 1, 1), padding = Rewrite.integers(conv, "padding", 0, 0),
                dilation = Rewrite.integers(conv, "dilation", 1, 1);
        if (weight == null || input == null || result == null || stride == null || padding == null || dilation == null) return false;
        if (weight.dtype() != DType.FLOAT32 || weight.device().type() != Device.Type.CPU) return false;
        if (!bias.equals(Argument.NONE) && graph.known(bias) == null) return false;
        long g = groups instanceof Argument.Constant(Object v) && v instanceof Long l ? l : 1;
        Tensor packed = (Tensor) Operators
                .call("mkldnn::_reorder_convolution_weight", weight.detach().contiguous(MemoryFormat.CHANNELS_LAST), padding, stride,
                        dilation, g, null)
                .getFirst();
        if (packed == null) return false;
        Argument.Name w = graph.add(packed);
        List<Argument> shape = List.of(list(padding), list(stride), list(dilation), new Argument.Constant(g));
        GraphText.Node user = graph.onlyUser(result), relu = activation(user);
        Argument other = other(graph, conv, user, result);
        if (relu != null) {
            graph.replace(conv, plain(Rewrite.result(relu), conv.line(), input, w, bias, shape, "relu"));
            graph.remove(relu);
            fused++;
        } else if (other != null && user != null) {
            GraphText.Node after = activation(graph.onlyUser(String.valueOf(Rewrite.result(user))));
            graph.replace(user,
                    sum(Rewrite.result(after == null ? user : after), conv.line(), input, other, w, bias, shape, after != null));
            graph.remove(conv);
            if (after != null) graph.remove(after);
            fused += after == null ? 1 : 2;
        } else {
            graph.replace(conv, plain(result, conv.line(), input, w, bias, shape, "none"));
        }
        return true;
    }

    private static Argument list(long[] values) {
        return new Argument.Items(Arrays.stream(values).mapToObj(v -> (Argument) new Argument.Constant(v)).toList());
    }

    private static GraphText.@Nullable Node activation(GraphText.@Nullable Node user) {
        return user != null && (user.target().equals("torch.ops.aten.relu.default") || user.target().equals("torch.ops.aten.relu_.default"))
                ? user : null;
    }

    /**
     * Returns the other term if the only user of a convolution adds it, a tensor of the same size, in place to the convolution's result.
     */
    private static @Nullable Argument other(Rewrite graph, GraphText.Node conv, GraphText.@Nullable Node user, String result) {
        if (user == null || user.inputs().size() != 2) return null;
        boolean sum = user.target().equals("torch.ops.aten.add_.Tensor") || user.target().equals("torch.ops.aten.add.Tensor");
        Argument self = user.input("self"), other = user.input("other");
        if (!sum || !(self instanceof Argument.Name s) || !(other instanceof Argument.Name o) || o.kind() != Argument.Kind.TENSOR)
            return null;
        if (o.name().equals(result)) o = user.target().contains("add_") ? null : s;
        return o != null && !o.name().equals(result) && graph.haveSameShape(o.name(), result) && graph.known(o) == null ? o : null;
    }

    private static GraphText.Node plain(@Nullable String result, String line, Argument input, Argument weight, Argument bias,
            List<Argument> shape,
            String activation) {
        return Rewrite.call(POINTWISE, String.valueOf(result), line,
                List.of(input, weight, bias, shape.get(0), shape.get(1), shape.get(2), shape.get(3),
                        new Argument.Constant(activation), NO_SCALARS, new Argument.Constant("")));
    }

    private static GraphText.Node sum(@Nullable String result, String line, Argument input, Argument other, Argument weight, Argument bias,
            List<Argument> shape, boolean relu) {
        return Rewrite.call(POINTWISE + ".binary", String.valueOf(result), line,
                List.of(input, other, weight, bias, shape.get(0), shape.get(1), shape.get(2),
                        shape.get(3), new Argument.Constant("add"), new Argument.Constant(1.0),
                        relu ? new Argument.Constant("relu") : Argument.NONE, NO_SCALARS,
                        new Argument.Constant("")));
    }
}
