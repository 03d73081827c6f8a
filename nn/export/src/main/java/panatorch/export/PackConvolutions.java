package panatorch.export;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.Device;
import panatorch.MemoryFormat;
import panatorch.Operators;
import panatorch.Tensor;

/**
 * Has oneDNN do convolutions, with weights in the order that it prefers, together with the activation function or the sum after them.
 * Images that the program is given are made channels-last, which all calls between convolutions keep.
 */
final class PackConvolutions implements Pass {
    private static final String CONVOLUTION = "torch.ops.aten.conv2d.default", POINTWISE = "mkldnn::_convolution_pointwise",
            SUM = "._convolution_pointwise.binary", POOLING = "torch.ops.aten.max_pool2d.default";
    /** The number of rows below which libtorch's own product is slow, and that of multiplications from which on oneDNN's is faster. */
    private static final long FEW_ROWS = 64, SMALLEST_PRODUCT = 16_000_000;
    private int fused;

    @Override public void apply(Rewrite graph) {
        int packed = 0;
        for (GraphText.Node conv : List.copyOf(graph.nodes)) if (conv.target().equals(CONVOLUTION) && pack(graph, conv)) packed++;
        for (GraphText.Node sum : List.copyOf(graph.nodes)) if (sum.target().endsWith(SUM)) addInPlace(graph, sum);
        if (packed > 0) orderImages(graph);
        graph.report(packed, "convolutions done by oneDNN");
        graph.report(fused, "activations and sums done within convolutions");
    }

    /** Has a convolution add to the memory of the other term, if nobody needs that afterwards: half as much memory to write. */
    private static void addInPlace(Rewrite graph, GraphText.Node sum) {
        Argument input = sum.inputs().get(0).argument(), other = sum.inputs().get(1).argument();
        GraphText.Node maker = graph.maker(other);
        if (maker == null || !(other instanceof Argument.Name n) || other.equals(input) || graph.isOutput(n.name())) return;
        if (!isConvolution(maker) && !maker.target().equals(POOLING)) return;
        int at = graph.nodes.indexOf(sum);
        for (GraphText.Node user : graph.users(n.name())) if (!isConvolution(user) || graph.nodes.indexOf(user) > at) return;
        var arguments = new ArrayList<Argument>();
        for (GraphText.Input i : sum.inputs()) arguments.add(i.argument());
        Collections.swap(arguments, 0, 1);
        graph.replace(sum, Rewrite.call(POINTWISE + "_.binary", String.valueOf(Rewrite.result(sum)), sum.line(), arguments));
    }

    private static boolean isConvolution(GraphText.Node node) { return node.target().contains("._convolution_pointwise"); }

    /** Makes the images that convolutions are given channels-last. */
    private static void orderImages(Rewrite graph) {
        var images = new LinkedHashSet<String>();
        for (GraphText.Node node : graph.nodes)
            if (isConvolution(node) && node.inputs().getFirst().argument() instanceof Argument.Name n
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
        if (!UseBfloat16.isFloat(weight) || weight.device().type() != Device.Type.CPU) return false;
        if (!bias.equals(Argument.NONE) && graph.known(bias) == null) return false;
        long g = groups instanceof Argument.Constant(Object v) && v instanceof Long l ? l : 1;
        long[] size = input instanceof Argument.Name n ? graph.fixedShape(n.name()) : null;
        boolean product = g == 1 && weight.size(2) == 1 && weight.size(3) == 1 && isAll(stride, 1) && isAll(padding, 0);
        if (product && weight.dtype() == DType.FLOAT32 && size != null && isSmall(size, weight)) return false;
        Tensor plain = weight.detach().contiguous(MemoryFormat.CHANNELS_LAST);
        // Without the size oneDNN may choose an order for a product that does not suit it, and change that in each call: 1.7 ms for 0.1 ms.
        Tensor packed = product && size == null ? plain
                : (Tensor) Operators.call("mkldnn::_reorder_convolution_weight", plain, padding, stride, dilation, g, size).getFirst();
        if (packed == null) return false;
        Argument.Name w = graph.add(packed);
        List<Argument> shape = List.of(list(padding), list(stride), list(dilation), new Argument.Constant(g));
        GraphText.Node user = graph.onlyUser(result);
        Activation activation = Activation.of(user);
        Argument other = graph.otherTerm(conv, user);
        if (user != null && activation != null) {
            graph.replace(conv, plain(Rewrite.result(user), conv.line(), input, w, bias, shape, activation));
            graph.remove(user);
            fused++;
        } else if (other != null && user != null) {
            GraphText.Node after = graph.onlyUser(String.valueOf(Rewrite.result(user)));
            if (!isRelu(after)) after = null;
            graph.replace(user,
                    sum(Rewrite.result(after == null ? user : after), conv.line(), input, other, w, bias, shape, after != null));
            graph.remove(conv);
            if (after != null) graph.remove(after);
            fused += after == null ? 1 : 2;
        } else {
            graph.replace(conv, plain(result, conv.line(), input, w, bias, shape, Activation.NONE));
        }
        return true;
    }

    private static boolean isAll(long[] values, long value) { return Arrays.stream(values).allMatch(v -> v == value); }

    /** Returns whether a convolution is a product of small matrices, on which oneDNN's 25 µs a call would not be gained back. */
    private static boolean isSmall(long[] size, Tensor weight) {
        long rows = size[0] * size[2] * size[3];
        return rows >= FEW_ROWS && rows * weight.numel() < SMALLEST_PRODUCT;
    }

    private static Argument list(long[] values) {
        return new Argument.Items(Arrays.stream(values).mapToObj(v -> (Argument) new Argument.Constant(v)).toList());
    }

    private static boolean isRelu(GraphText.@Nullable Node user) {
        Activation a = Activation.of(user);
        return a != null && a.name().equals("relu");
    }

    private static GraphText.Node plain(@Nullable String result, String line, Argument input, Argument weight, Argument bias,
            List<Argument> shape, Activation activation) {
        var arguments = new ArrayList<Argument>(List.of(input, weight, bias));
        arguments.addAll(shape);
        arguments.addAll(activation.arguments());
        return Rewrite.call(POINTWISE, String.valueOf(result), line, arguments);
    }

    private static GraphText.Node sum(@Nullable String result, String line, Argument input, Argument other, Argument weight, Argument bias,
            List<Argument> shape, boolean relu) {
        return Rewrite.call(POINTWISE + ".binary", String.valueOf(result), line,
                List.of(input, other, weight, bias, shape.get(0), shape.get(1), shape.get(2),
                        shape.get(3), new Argument.Constant("add"), new Argument.Constant(1.0),
                        relu ? new Argument.Constant("relu") : Argument.NONE, new Argument.Items(List.of()),
                        new Argument.Constant("")));
    }
}
