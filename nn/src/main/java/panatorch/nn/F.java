package panatorch.nn;

import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Nn;
import panatorch.Tensor;
import panatorch.nn.functional.Activations;
import panatorch.nn.functional.CrossEntropy;
import panatorch.nn.functional.GridSample;
import panatorch.nn.functional.Interpolate;
import panatorch.nn.functional.Losses;
import panatorch.nn.functional.Normalization;
import panatorch.nn.functional.Pooling;
import panatorch.nn.functional.Reduction;

/**
 * The functions of {@code torch.nn.functional} by their names, for code that is ported line by line: Python's {@code F.cross_entropy} is
 * {@code F.crossEntropy}. Arguments come in Python's order and have Python's defaults; what Python names is a function of options:
 *
 * <pre>{@code
 * Tensor y = F.relu(F.conv2d(x, weight, bias, o -> o.stride(2).padding(1)));
 * Tensor loss = F.crossEntropy(logits, target, o -> o.labelSmoothing(0.1));
 * }</pre>
 *
 * <p>
 * They are short names for operators and for {@link panatorch.nn.functional}, where shapes, formulas and further options are described.
 * Results belong to the current scope. Any thread may call them.
 */
public final class F {
    private F() {}

    // ---- convolutions and linear maps

    /** Convolves: see {@link Conv1d}; {@code weight} [Cout, Cin/groups, *kernel]. */
    public static Tensor conv1d(Tensor input, Tensor weight, @Nullable Tensor bias) {
        return conv1d(input, weight, bias, o -> o);
    }

    /** Convolves with changed options, as in {@code F.conv1d(x, w, b, o -> o.stride(2).padding(1))}. */
    public static Tensor conv1d(Tensor input, Tensor weight, @Nullable Tensor bias, UnaryOperator<Convolution.Options> change) {
        Convolution.Options o = change.apply(Conv1d.options(input.size(-2), weight.size(0), new long[] {weight.size(2)}));
        return Convolution.convolve(input, weight, bias, o, false);
    }

    /** Convolves: see {@link Conv2d}; {@code weight} [Cout, Cin/groups, *kernel]. */
    public static Tensor conv2d(Tensor input, Tensor weight, @Nullable Tensor bias) {
        return conv2d(input, weight, bias, o -> o);
    }

    /** Convolves with changed options, as in {@code F.conv2d(x, w, b, o -> o.stride(2).padding(1))}. */
    public static Tensor conv2d(Tensor input, Tensor weight, @Nullable Tensor bias, UnaryOperator<Convolution.Options> change) {
        Convolution.Options o = change.apply(Conv2d.options(input.size(-3), weight.size(0), new long[] {weight.size(2), weight.size(3)}));
        return Convolution.convolve(input, weight, bias, o, false);
    }

    /** Convolves: see {@link Conv3d}; {@code weight} [Cout, Cin/groups, *kernel]. */
    public static Tensor conv3d(Tensor input, Tensor weight, @Nullable Tensor bias) {
        return conv3d(input, weight, bias, o -> o);
    }

    /** Convolves with changed options, as in {@code F.conv3d(x, w, b, o -> o.stride(2).padding(1))}. */
    public static Tensor conv3d(Tensor input, Tensor weight, @Nullable Tensor bias, UnaryOperator<Convolution.Options> change) {
        Convolution.Options o =
                change.apply(Conv3d.options(input.size(-4), weight.size(0), new long[] {weight.size(2), weight.size(3), weight.size(4)}));
        return Convolution.convolve(input, weight, bias, o, false);
    }

    /** Convolves transposed: see {@link ConvTranspose1d}; {@code weight} [Cin, Cout/groups, *kernel]. */
    public static Tensor convTranspose1d(Tensor input, Tensor weight, @Nullable Tensor bias) {
        return convTranspose1d(input, weight, bias, o -> o);
    }

    /** Convolves transposed with changed options. */
    public static Tensor convTranspose1d(Tensor input, Tensor weight, @Nullable Tensor bias, UnaryOperator<Convolution.Options> change) {
        Convolution.Options o = change.apply(ConvTranspose1d.options(weight.size(0), weight.size(1), new long[] {weight.size(2)}));
        return Convolution.convolve(input, weight, bias, o, true);
    }

    /** Convolves transposed: see {@link ConvTranspose2d}; {@code weight} [Cin, Cout/groups, *kernel]. */
    public static Tensor convTranspose2d(Tensor input, Tensor weight, @Nullable Tensor bias) {
        return convTranspose2d(input, weight, bias, o -> o);
    }

    /** Convolves transposed with changed options. */
    public static Tensor convTranspose2d(Tensor input, Tensor weight, @Nullable Tensor bias, UnaryOperator<Convolution.Options> change) {
        Convolution.Options o =
                change.apply(ConvTranspose2d.options(weight.size(0), weight.size(1), new long[] {weight.size(2), weight.size(3)}));
        return Convolution.convolve(input, weight, bias, o, true);
    }

    /** Convolves transposed: see {@link ConvTranspose3d}; {@code weight} [Cin, Cout/groups, *kernel]. */
    public static Tensor convTranspose3d(Tensor input, Tensor weight, @Nullable Tensor bias) {
        return convTranspose3d(input, weight, bias, o -> o);
    }

    /** Convolves transposed with changed options. */
    public static Tensor convTranspose3d(Tensor input, Tensor weight, @Nullable Tensor bias, UnaryOperator<Convolution.Options> change) {
        Convolution.Options o = change.apply(
                ConvTranspose3d.options(weight.size(0), weight.size(1), new long[] {weight.size(2), weight.size(3), weight.size(4)}));
        return Convolution.convolve(input, weight, bias, o, true);
    }

    public static Tensor linear(Tensor input, Tensor weight) { return Aten.linear(input, weight, null); }

    public static Tensor linear(Tensor input, Tensor weight, @Nullable Tensor bias) { return Aten.linear(input, weight, bias); }

    public static Tensor bilinear(Tensor input1, Tensor input2, Tensor weight, @Nullable Tensor bias) {
        return Aten.bilinear(input1, input2, weight, bias);
    }

    /** Returns rows of a table: {@code input} are indices [*], {@code weight} the table [N, D]. */
    public static Tensor embedding(Tensor input, Tensor weight) {
        return Aten.embedding(weight, input);
    }

    /** Returns rows of a table; that of {@code paddingIdx} gets no gradient. */
    public static Tensor embedding(Tensor input, Tensor weight, long paddingIdx) {
        return Aten.embedding(weight, input, paddingIdx);
    }

    public static Tensor oneHot(Tensor input, long numClasses) { return Aten.oneHot(input, numClasses); }

    public static Tensor oneHot(Tensor input) { return Aten.oneHot(input, -1); }

    /** Attention (Vaswani et al., 2017, arXiv:1706.03762): [*, L, D] of queries, keys and values. */
    public static Tensor scaledDotProductAttention(Tensor query, Tensor key, Tensor value) {
        return Aten.scaledDotProductAttention(query, key, value);
    }

    /** Attention with a mask, dropout or causality: {@code attn_mask}, {@code dropout_p}, {@code is_causal}. */
    public static Tensor scaledDotProductAttention(Tensor query, Tensor key, Tensor value, @Nullable Tensor mask, double dropoutP,
            boolean isCausal) {
        return Aten.scaledDotProductAttention(query, key, value, mask, dropoutP, isCausal);
    }

    // ---- pooling

    public static Tensor maxPool1d(Tensor input, long kernel) { return maxPool1d(input, kernel, o -> o); }

    /** Pools with changed options, as in {@code F.maxPool1d(x, 3, o -> o.stride(2).padding(1))}. */
    public static Tensor maxPool1d(Tensor input, long kernel, UnaryOperator<MaxPool.Options> change) {
        MaxPool.Options o = change.apply(MaxPool.options(kernel));
        return Aten.maxPool1d(input, Sizes.of(1, o.kernel()), Sizes.of(1, o.stride()), Sizes.of(1, o.padding()), Sizes.of(1, o.dilation()),
                o.ceilMode());
    }

    public static Tensor maxPool2d(Tensor input, long kernel) { return maxPool2d(input, kernel, o -> o); }

    /** Pools with changed options, as in {@code F.maxPool2d(x, 3, o -> o.stride(2).padding(1))}. */
    public static Tensor maxPool2d(Tensor input, long kernel, UnaryOperator<MaxPool.Options> change) {
        MaxPool.Options o = change.apply(MaxPool.options(kernel));
        return Aten.maxPool2d(input, Sizes.of(2, o.kernel()), Sizes.of(2, o.stride()), Sizes.of(2, o.padding()), Sizes.of(2, o.dilation()),
                o.ceilMode());
    }

    public static Tensor maxPool3d(Tensor input, long kernel) { return maxPool3d(input, kernel, o -> o); }

    /** Pools with changed options, as in {@code F.maxPool3d(x, 3, o -> o.stride(2).padding(1))}. */
    public static Tensor maxPool3d(Tensor input, long kernel, UnaryOperator<MaxPool.Options> change) {
        MaxPool.Options o = change.apply(MaxPool.options(kernel));
        return Aten.maxPool3d(input, Sizes.of(3, o.kernel()), Sizes.of(3, o.stride()), Sizes.of(3, o.padding()), Sizes.of(3, o.dilation()),
                o.ceilMode());
    }

    public static Tensor avgPool1d(Tensor input, long kernel) { return avgPool1d(input, kernel, o -> o); }

    /** Pools with changed options. */
    public static Tensor avgPool1d(Tensor input, long kernel, UnaryOperator<AvgPool.Options> change) {
        AvgPool.Options o = change.apply(AvgPool.options(kernel));
        return Aten.avgPool1d(input, Sizes.of(1, o.kernel()), Sizes.of(1, o.stride()), Sizes.of(1, o.padding()), o.ceilMode(),
                o.countIncludePad());
    }

    public static Tensor avgPool2d(Tensor input, long kernel) { return avgPool2d(input, kernel, o -> o); }

    /** Pools with changed options. */
    public static Tensor avgPool2d(Tensor input, long kernel, UnaryOperator<AvgPool.Options> change) {
        AvgPool.Options o = change.apply(AvgPool.options(kernel));
        return Nn.avgPool2d(input, Sizes.of(2, o.kernel()), Sizes.of(2, o.stride()), Sizes.of(2, o.padding()), o.ceilMode(),
                o.countIncludePad(), o.divisor());
    }

    public static Tensor avgPool3d(Tensor input, long kernel) { return avgPool3d(input, kernel, o -> o); }

    /** Pools with changed options. */
    public static Tensor avgPool3d(Tensor input, long kernel, UnaryOperator<AvgPool.Options> change) {
        AvgPool.Options o = change.apply(AvgPool.options(kernel));
        return Nn.avgPool3d(input, Sizes.of(3, o.kernel()), Sizes.of(3, o.stride()), Sizes.of(3, o.padding()), o.ceilMode(),
                o.countIncludePad(), o.divisor());
    }

    public static Tensor adaptiveAvgPool1d(Tensor input, long... size) { return Aten.adaptiveAvgPool1d(input, Sizes.of(1, size)); }

    public static Tensor adaptiveMaxPool1d(Tensor input, long... size) {
        return Aten.adaptiveMaxPool1d(input, Sizes.of(1, size)).result0();
    }

    public static Tensor lpPool1d(Tensor input, double p, long kernel) {
        return Pooling.lpPool(input, p, Sizes.of(1, kernel), Sizes.of(1, kernel), false);
    }

    public static Tensor adaptiveAvgPool2d(Tensor input, long... size) { return Nn.adaptiveAvgPool2d(input, Sizes.of(2, size)); }

    public static Tensor adaptiveMaxPool2d(Tensor input, long... size) { return Nn.adaptiveMaxPool2d(input, Sizes.of(2, size)).result0(); }

    public static Tensor lpPool2d(Tensor input, double p, long kernel) {
        return Pooling.lpPool(input, p, Sizes.of(2, kernel), Sizes.of(2, kernel), false);
    }

    public static Tensor adaptiveAvgPool3d(Tensor input, long... size) { return Nn.adaptiveAvgPool3d(input, Sizes.of(3, size)); }

    public static Tensor adaptiveMaxPool3d(Tensor input, long... size) { return Nn.adaptiveMaxPool3d(input, Sizes.of(3, size)).result0(); }

    public static Tensor lpPool3d(Tensor input, double p, long kernel) {
        return Pooling.lpPool(input, p, Sizes.of(3, kernel), Sizes.of(3, kernel), false);
    }

    // ---- activations

    public static Tensor relu(Tensor input) { return Aten.relu(input); }

    public static Tensor relu6(Tensor input) { return Nn.relu6(input); }

    public static Tensor sigmoid(Tensor input) { return Aten.sigmoid(input); }

    public static Tensor tanh(Tensor input) { return Aten.tanh(input); }

    public static Tensor selu(Tensor input) { return Aten.selu(input); }

    public static Tensor silu(Tensor input) { return Nn.silu(input); }

    public static Tensor mish(Tensor input) { return Nn.mish(input); }

    public static Tensor hardsigmoid(Tensor input) { return Nn.hardsigmoid(input); }

    public static Tensor hardswish(Tensor input) { return Nn.hardswish(input); }

    public static Tensor logsigmoid(Tensor input) { return Nn.logSigmoid(input); }

    public static Tensor gelu(Tensor input) { return Nn.gelu(input); }

    /** Computes GELU; {@code approximate} is "none" or "tanh". */
    public static Tensor gelu(Tensor input, String approximate) {
        return Nn.gelu(input, approximate);
    }

    public static Tensor elu(Tensor input) { return Nn.elu(input); }

    public static Tensor elu(Tensor input, double alpha) { return Nn.elu(input, alpha); }

    public static Tensor celu(Tensor input, double alpha) { return Aten.celu(input, alpha); }

    public static Tensor leakyRelu(Tensor input) { return Nn.leakyRelu(input); }

    public static Tensor leakyRelu(Tensor input, double negativeSlope) { return Nn.leakyRelu(input, negativeSlope); }

    public static Tensor prelu(Tensor input, Tensor weight) { return Aten.prelu(input, weight); }

    public static Tensor rrelu(Tensor input, double lower, double upper, boolean training) {
        return Aten.rrelu(input, lower, upper, training);
    }

    public static Tensor glu(Tensor input, long dim) { return Nn.glu(input, dim); }

    public static Tensor hardtanh(Tensor input, double min, double max) { return Nn.hardtanh(input, min, max); }

    public static Tensor hardshrink(Tensor input, double lambda) { return Aten.hardshrink(input, lambda); }

    public static Tensor softshrink(Tensor input, double lambda) { return Nn.softshrink(input, lambda); }

    public static Tensor softplus(Tensor input) { return Nn.softplus(input); }

    public static Tensor softplus(Tensor input, double beta, double threshold) { return Nn.softplus(input, beta, threshold); }

    public static Tensor softsign(Tensor input) { return input.div(input.abs().add(1)); }

    public static Tensor tanhshrink(Tensor input) { return input.sub(input.tanh()); }

    public static Tensor threshold(Tensor input, double threshold, double value) { return Aten.threshold(input, threshold, value); }

    public static Tensor softmax(Tensor input, long dim) { return Aten.softmax(input, dim); }

    public static Tensor softmin(Tensor input, long dim) { return Aten.softmax(input.neg(), dim); }

    public static Tensor logSoftmax(Tensor input, long dim) { return Aten.logSoftmax(input, dim); }

    public static Tensor gumbelSoftmax(Tensor logits, double tau, boolean hard, long dim) {
        return Activations.gumbelSoftmax(logits, tau, hard, dim);
    }

    // ---- norms

    /** Normalises by running averages, or in training by the batch's own values, which then go into the averages. */
    public static Tensor batchNorm(Tensor input, @Nullable Tensor runningMean, @Nullable Tensor runningVar, @Nullable Tensor weight,
            @Nullable Tensor bias, boolean training, double momentum, double eps) {
        return Aten.batchNorm(input, weight, bias, runningMean, runningVar, training, momentum, eps, true);
    }

    public static Tensor layerNorm(Tensor input, long... shape) { return Aten.layerNorm(input, shape); }

    public static Tensor layerNorm(Tensor input, long[] shape, @Nullable Tensor weight, @Nullable Tensor bias, double eps) {
        return Aten.layerNorm(input, shape, weight, bias, eps);
    }

    public static Tensor groupNorm(Tensor input, long groups, @Nullable Tensor weight, @Nullable Tensor bias, double eps) {
        return Aten.groupNorm(input, groups, weight, bias, eps);
    }

    public static Tensor instanceNorm(Tensor input) { return Aten.instanceNorm(input, null, null, null, null, true, 0.1, 1e-5, true); }

    public static Tensor rmsNorm(Tensor input, long[] shape, @Nullable Tensor weight, @Nullable Double eps) {
        return Aten.rmsNorm(input, shape, weight, eps);
    }

    public static Tensor localResponseNorm(Tensor input, long size, double alpha, double beta, double k) {
        return Normalization.localResponseNorm(input, size, alpha, beta, k);
    }

    public static Tensor normalize(Tensor input) { return Normalization.normalize(input); }

    public static Tensor normalize(Tensor input, double p, long dim) { return Normalization.normalize(input, p, dim, 1e-12); }

    // ---- dropout

    public static Tensor dropout(Tensor input, double p, boolean training) { return Aten.dropout(input, p, training); }

    public static Tensor alphaDropout(Tensor input, double p, boolean training) { return Aten.alphaDropout(input, p, training); }

    public static Tensor featureAlphaDropout(Tensor input, double p, boolean training) {
        return Aten.featureAlphaDropout(input, p, training);
    }

    /** Drops whole channels of [N, C, L], or of [C, L]. */
    public static Tensor dropout1d(Tensor input, double p, boolean training) {
        return input.dim() == 2 ? Aten.featureDropout(input.unsqueeze(0), p, training).squeeze(0)
                : Aten.featureDropout(input, p, training);
    }

    /** Drops whole channels of [N, C, H, W]. */
    public static Tensor dropout2d(Tensor input, double p, boolean training) {
        return Aten.featureDropout(input, p, training);
    }

    /** Drops whole channels of [N, C, D, H, W], or of [C, D, H, W]. */
    public static Tensor dropout3d(Tensor input, double p, boolean training) {
        return input.dim() == 4 ? Aten.featureDropout(input.unsqueeze(0), p, training).squeeze(0)
                : Aten.featureDropout(input, p, training);
    }

    // ---- losses; without a reduction they are means

    /** Cross-entropy of logits [N, C, *] and classes [N, *] or probabilities [N, C, *]. */
    public static Tensor crossEntropy(Tensor logits, Tensor target) {
        return CrossEntropy.mean().apply(logits, target);
    }

    /** Cross-entropy with changed options, as in {@code F.crossEntropy(logits, target, o -> o.labelSmoothing(0.1).ignoreIndex(0))}. */
    public static Tensor crossEntropy(Tensor logits, Tensor target, UnaryOperator<CrossEntropy> change) {
        return change.apply(CrossEntropy.mean()).apply(logits, target);
    }

    public static Tensor nllLoss(Tensor logProbabilities, Tensor target) { return nllLoss(logProbabilities, target, Reduction.MEAN); }

    public static Tensor nllLoss(Tensor logProbabilities, Tensor target, Reduction reduction) {
        return Nn.nllLossNd(logProbabilities, target, null, reduction.ordinal());
    }

    public static Tensor mseLoss(Tensor input, Tensor target) { return mseLoss(input, target, Reduction.MEAN); }

    public static Tensor mseLoss(Tensor input, Tensor target, Reduction reduction) {
        return Nn.mseLoss(input, target, reduction.ordinal());
    }

    public static Tensor l1Loss(Tensor input, Tensor target) { return l1Loss(input, target, Reduction.MEAN); }

    public static Tensor l1Loss(Tensor input, Tensor target, Reduction reduction) { return Nn.l1Loss(input, target, reduction.ordinal()); }

    public static Tensor binaryCrossEntropy(Tensor probabilities, Tensor target) {
        return binaryCrossEntropy(probabilities, target, Reduction.MEAN);
    }

    public static Tensor binaryCrossEntropy(Tensor probabilities, Tensor target, Reduction reduction) {
        return Nn.binaryCrossEntropy(probabilities, target, null, reduction.ordinal());
    }

    public static Tensor binaryCrossEntropyWithLogits(Tensor logits, Tensor target) {
        return binaryCrossEntropyWithLogits(logits, target, Reduction.MEAN);
    }

    public static Tensor binaryCrossEntropyWithLogits(Tensor logits, Tensor target, Reduction reduction) {
        return Aten.binaryCrossEntropyWithLogits(logits, target, null, null, reduction.ordinal());
    }

    /** Binary cross-entropy of logits, with weights of elements and of the positive class, or null. */
    public static Tensor binaryCrossEntropyWithLogits(Tensor logits, Tensor target, @Nullable Tensor weight,
            @Nullable Tensor positiveWeight,
            Reduction reduction) {
        return Aten.binaryCrossEntropyWithLogits(logits, target, weight, positiveWeight, reduction.ordinal());
    }

    public static Tensor softMarginLoss(Tensor input, Tensor target) { return softMarginLoss(input, target, Reduction.MEAN); }

    public static Tensor softMarginLoss(Tensor input, Tensor target, Reduction reduction) {
        return Nn.softMarginLoss(input, target, reduction.ordinal());
    }

    public static Tensor multilabelMarginLoss(Tensor input, Tensor target) { return multilabelMarginLoss(input, target, Reduction.MEAN); }

    public static Tensor multilabelMarginLoss(Tensor input, Tensor target, Reduction reduction) {
        return Nn.multilabelMarginLoss(input, target, reduction.ordinal());
    }

    public static Tensor multilabelSoftMarginLoss(Tensor input, Tensor target) {
        return multilabelSoftMarginLoss(input, target, Reduction.MEAN);
    }

    public static Tensor multilabelSoftMarginLoss(Tensor input, Tensor target, Reduction reduction) {
        return Losses.multilabelSoftMargin(input, target, null, reduction);
    }

    public static Tensor multiMarginLoss(Tensor input, Tensor target) { return Nn.multiMarginLoss(input, target); }

    public static Tensor huberLoss(Tensor input, Tensor target, Reduction reduction, double delta) {
        return Nn.huberLoss(input, target, reduction.ordinal(), delta);
    }

    public static Tensor smoothL1Loss(Tensor input, Tensor target) { return Nn.smoothL1Loss(input, target); }

    public static Tensor smoothL1Loss(Tensor input, Tensor target, Reduction reduction, double beta) {
        return Nn.smoothL1Loss(input, target, reduction.ordinal(), beta);
    }

    public static Tensor klDiv(Tensor input, Tensor target, Reduction reduction, boolean logTarget) {
        return Aten.klDiv(input, target, reduction.ordinal(), logTarget);
    }

    /** Kullback-Leibler divergence with {@code reduction="batchmean"}, the mathematical one. */
    public static Tensor klDivBatchMean(Tensor input, Tensor target) {
        return Losses.klDivBatchMean(input, target, false);
    }

    public static Tensor poissonNllLoss(Tensor input, Tensor target) {
        return Aten.poissonNllLoss(input, target, true, false, 1e-8, Reduction.MEAN.ordinal());
    }

    public static Tensor gaussianNllLoss(Tensor input, Tensor target, Tensor variance) {
        return Losses.gaussianNll(input, target, variance, false, 1e-6, Reduction.MEAN);
    }

    public static Tensor hingeEmbeddingLoss(Tensor input, Tensor target, double margin, Reduction reduction) {
        return Aten.hingeEmbeddingLoss(input, target, margin, reduction.ordinal());
    }

    public static Tensor cosineEmbeddingLoss(Tensor input1, Tensor input2, Tensor target, double margin, Reduction reduction) {
        return Aten.cosineEmbeddingLoss(input1, input2, target, margin, reduction.ordinal());
    }

    public static Tensor marginRankingLoss(Tensor input1, Tensor input2, Tensor target, double margin, Reduction reduction) {
        return Aten.marginRankingLoss(input1, input2, target, margin, reduction.ordinal());
    }

    public static Tensor tripletMarginLoss(Tensor anchor, Tensor positive, Tensor negative) {
        return Aten.tripletMarginLoss(anchor, positive, negative);
    }

    /** Connectionist temporal classification (Graves et al., 2006): log-probabilities [T, N, C]; see {@link CTCLoss}. */
    public static Tensor ctcLoss(Tensor logProbabilities, Tensor targets, Tensor inputLengths, Tensor targetLengths) {
        return Aten.ctcLoss(logProbabilities, targets, inputLengths, targetLengths);
    }

    // ---- distances

    public static Tensor cosineSimilarity(Tensor x1, Tensor x2, long dim) { return Aten.cosineSimilarity(x1, x2, dim); }

    public static Tensor pairwiseDistance(Tensor x1, Tensor x2) { return Aten.pairwiseDistance(x1, x2); }

    public static Tensor pdist(Tensor input, double p) { return Aten.pdist(input, p); }

    // ---- images

    /** Pads with a number; two sizes for each dimension, the last one first. */
    public static Tensor pad(Tensor input, long[] sizes, double value) {
        return Aten.pad(input, sizes, "constant", value);
    }

    /** Pads with zeros; two sizes for each dimension, the last one first. */
    public static Tensor pad(Tensor input, long... sizes) {
        return pad(input, sizes, 0);
    }

    /** Pads by "reflect", "replicate" or "circular". */
    public static Tensor pad(Tensor input, long[] sizes, String mode) {
        return Aten.pad(input, sizes, mode);
    }

    /** Resizes, as in {@code F.interpolate(x, Interpolate.to(Mode.BILINEAR, 224, 224))}. */
    public static Tensor interpolate(Tensor input, Interpolate how) {
        return how.apply(input);
    }

    /** Samples at the points of a grid, bilinearly and with zeros around. */
    public static Tensor gridSample(Tensor input, Tensor grid) {
        return GridSample.bilinear().apply(input, grid);
    }

    /** Samples at the points of a grid. */
    public static Tensor gridSample(Tensor input, Tensor grid, GridSample how) {
        return how.apply(input, grid);
    }

    public static Tensor affineGrid(Tensor theta, long[] size, boolean alignCorners) {
        return Aten.affineGridGenerator(theta, size, alignCorners);
    }

    public static Tensor pixelShuffle(Tensor input, long factor) { return Aten.pixelShuffle(input, factor); }

    public static Tensor pixelUnshuffle(Tensor input, long factor) { return Aten.pixelUnshuffle(input, factor); }

    public static Tensor channelShuffle(Tensor input, long groups) { return Aten.channelShuffle(input, groups); }

    /** Extracts windows side by side as columns: [N, C, H, W] → [N, C·k·k, windows]; see {@link Unfold} for strides. */
    public static Tensor unfold(Tensor input, long kernel, long stride, long padding) {
        return Nn.im2col(input, Sizes.of(2, kernel), Sizes.of(2, 1), Sizes.of(2, padding), Sizes.of(2, stride));
    }

    /** Adds up windows, the reverse of {@link #unfold}, to images of a size. */
    public static Tensor fold(Tensor input, long[] size, long kernel, long stride, long padding) {
        return Nn.col2im(input, size, Sizes.of(2, kernel), Sizes.of(2, 1), Sizes.of(2, padding), Sizes.of(2, stride));
    }
}
