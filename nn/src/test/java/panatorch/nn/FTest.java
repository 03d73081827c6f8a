package panatorch.nn;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import panatorch.Aten;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.functional.Interpolate;
import panatorch.nn.functional.Reduction;

/** Functions beside the layers of the same name, which parity tests compare with Python. */
@NoTensorLeaks
class FTest {
    private static void same(Tensor actual, Tensor expected) { assertThat(Aten.allclose(actual, expected, 1e-6, 1e-7)).isTrue(); }

    /** Compares a function of input, weight and bias with a layer that has them. */
    private static void layer(Module layer, Tensor x, BiFunction<Tensor, Tensor, Tensor> function) {
        try (layer) {
            same(function.apply(layer.parameter("weight"), layer.parameterOrNull("bias")), layer.call(x));
        }
    }

    @Test void convolutions_are_those_of_the_layers() {
        try (var scope = Scope.open()) {
            Tensor line = Torch.randn(2, 4, 11), image = Torch.randn(2, 4, 11, 9), volume = Torch.randn(1, 4, 5, 6, 7);
            UnaryOperator<Convolution.Options> strided = o -> o.stride(2).padding(1).groups(2);
            layer(new Conv1d(4, 6, 3), line, (w, b) -> F.conv1d(line, w, b));
            layer(new Conv2d(4, 6, 3, strided), image, (w, b) -> F.conv2d(image, w, b, strided));
            layer(new Conv2d(4, 6, 3, o -> o.paddingSame().mode(PaddingMode.REFLECT)), image,
                    (w, b) -> F.conv2d(image, w, b, o -> o.paddingSame().mode(PaddingMode.REFLECT)));
            layer(new Conv3d(4, 6, 3, strided), volume, (w, b) -> F.conv3d(volume, w, b, strided));
            layer(new ConvTranspose1d(4, 6, 3, strided), line, (w, b) -> F.convTranspose1d(line, w, b, strided));
            layer(new ConvTranspose2d(4, 6, 3), image, (w, b) -> F.convTranspose2d(image, w, b));
            layer(new ConvTranspose3d(4, 6, 3, strided), volume, (w, b) -> F.convTranspose3d(volume, w, b, strided));
            Tensor single = Torch.randn(4, 11, 9);
            layer(new Conv2d(4, 6, 3), single, (w, b) -> F.conv2d(single, w, b));
        }
    }

    private static void layer(Module layer, Tensor x, Tensor actual) {
        try (layer) {
            same(actual, layer.call(x));
        }
    }

    @Test void poolings_and_activations_are_those_of_the_layers() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.randn(2, 3, 8, 8);
            layer(new MaxPool2d(3, o -> o.stride(2).padding(1)), x, F.maxPool2d(x, 3, o -> o.stride(2).padding(1)));
            layer(new AvgPool2d(3, o -> o.stride(2).ceilMode(true)), x, F.avgPool2d(x, 3, o -> o.stride(2).ceilMode(true)));
            layer(new AvgPool2d(2), x, F.avgPool2d(x, 2));
            layer(new AdaptiveAvgPool2d(3), x, F.adaptiveAvgPool2d(x, 3));
            layer(new AdaptiveMaxPool2d(3, 2), x, F.adaptiveMaxPool2d(x, 3, 2));
            layer(new GELU(), x, F.gelu(x));
            layer(new ELU(), x, F.elu(x));
            layer(new LeakyReLU(), x, F.leakyRelu(x));
            layer(new Softplus(), x, F.softplus(x));
            layer(new Softsign(), x, F.softsign(x));
            layer(new Tanhshrink(), x, F.tanhshrink(x));
            layer(new LogSigmoid(), x, F.logsigmoid(x));
            layer(new Softmin(1), x, F.softmin(x, 1));
            layer(new Upsample(Interpolate.by(Interpolate.Mode.NEAREST, 2)), x,
                    F.interpolate(x, Interpolate.by(Interpolate.Mode.NEAREST, 2)));
            layer(new Unfold(new long[] {3}, new long[] {1}, new long[] {1}, new long[] {2}), x, F.unfold(x, 3, 2, 1));
            same(F.fold(F.unfold(x, 2, 2, 0), new long[] {8, 8}, 2, 2, 0), x);
            layer(new LayerNorm(8, 8), x, F.layerNorm(x, 8, 8));
        }
    }

    @Test void losses_have_the_means_of_the_layers_and_other_reductions() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.randn(4, 5), y = Torch.randn(4, 5), classes = Torch.tensor(new long[] {0, 4, 2, 1});
            same(F.crossEntropy(x, classes), F.nllLoss(F.logSoftmax(x, 1), classes));
            same(F.crossEntropy(x, classes, o -> o.ignoreIndex(4)), x.logSoftmax(1).gather(1, classes.unsqueeze(1)).neg().squeeze(1)
                    .indexSelect(0, Torch.tensor(new long[] {0, 2, 3})).mean());
            same(F.mseLoss(x, y), x.sub(y).square().mean());
            same(F.mseLoss(x, y, Reduction.SUM), x.sub(y).square().sum());
            same(F.l1Loss(x, y, Reduction.NONE), x.sub(y).abs());
            same(F.binaryCrossEntropyWithLogits(x, y.sigmoid()), F.binaryCrossEntropy(x.sigmoid(), y.sigmoid()));
            same(F.klDivBatchMean(x.logSoftmax(1), y.softmax(1)),
                    y.softmax(1).mul(y.logSoftmax(1).sub(x.logSoftmax(1))).sum().div(4));
            same(F.smoothL1Loss(x, y, Reduction.MEAN, 1), F.huberLoss(x, y, Reduction.MEAN, 1));
        }
    }

    @Test void whole_channels_are_dropped() {
        try (var scope = Scope.open()) {
            for (Tensor dropped : List.of(F.dropout1d(Torch.ones(50, 4), 0.5, true), F.dropout2d(Torch.ones(5, 10, 2, 2), 0.5, true),
                    F.dropout3d(Torch.ones(50, 2, 1, 2), 0.5, true))) {
                Tensor channels = dropped.reshape(50, 4);
                assertThat(channels.eq(channels.narrow(1, 0, 1)).all().itemBoolean()).isTrue();
                assertThat(Torch.unique(channels).values().toFloatArray()).containsExactly(0, 2);
            }
            same(F.dropout(Torch.ones(3), 0.5, false), Torch.ones(3));
        }
    }

    /** The names of torch.nn.functional in torch 2.13 that are not here have a counterpart that PORTING.md names, or none at all. */
    @Test void names_are_those_of_python_in_camel_case() {
        Set<String> names =
                Arrays.stream(F.class.getDeclaredMethods()).filter(m -> Modifier.isPublic(m.getModifiers())).map(Method::getName)
                        .collect(Collectors.toCollection(TreeSet::new));
        assertThat(names).contains("conv2d", "linear", "embedding", "scaledDotProductAttention", "maxPool2d", "adaptiveAvgPool2d", "relu",
                "gelu", "logSoftmax", "gumbelSoftmax", "batchNorm", "layerNorm", "groupNorm", "normalize", "dropout", "crossEntropy",
                "mseLoss", "ctcLoss", "tripletMarginLoss", "cosineSimilarity", "pad", "interpolate", "gridSample", "affineGrid",
                "pixelShuffle", "unfold", "oneHot");
        assertThat(names).hasSizeGreaterThan(95);
    }
}
