package panatorch.parity;

import static panatorch.parity.Arguments.REDUCTION;

import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import panatorch.Tensor;
import panatorch.nn.*;
import panatorch.nn.Module;
import panatorch.nn.functional.Interpolate;

/** How each of PyTorch's modules is made in Java of Python's arguments, and called. */
final class ModuleTable {
    private ModuleTable() {}

    /** @param forward where Python's result is that of another method than {@code forwardAll} */
    record Built(Module module, Function<List<Tensor>, List<Tensor>> forward) {
        Built(Module module) { this(module, module::callAll); }
    }

    static Built build(String name, Arguments a) {
        if (name.startsWith("FractionalMaxPool")) return fractional(name, a);
        if (name.startsWith("MaxPool") || name.startsWith("AdaptiveMaxPool")) {
            Module pool = name.startsWith("A") ? made(name, a) : maxPool(name, a);
            if (!a.flag("return_indices", false)) return new Built(pool);
            return new Built(pool, x -> both(
                    pool instanceof MaxPool p ? p.withIndices(x.getFirst()) : ((AdaptiveMaxPool) pool).withIndices(x.getFirst())));
        }
        if (name.equals("KLDivLoss") && a.text("reduction", "mean").equals("batchmean")) {
            var loss = new KLDivLoss(a.flag("log_target", false), REDUCTION.get("mean"));
            return new Built(loss, x -> List.of(loss.batchMean(x.get(0), x.get(1))));
        }
        return new Built(made(name, a));
    }

    private static List<Tensor> both(MaxPool.Pooled p) { return List.of(p.output(), p.indices()); }

    private static Built fractional(String name, Arguments a) {
        long[] kernel = a.sizes("kernel_size");
        boolean two = name.endsWith("2d");
        FractionalMaxPool pool = a.has("output_size")
                ? two ? FractionalMaxPool2d.ofSize(kernel, a.sizes("output_size"))
                        : FractionalMaxPool3d.ofSize(kernel, a.sizes("output_size"))
                : two ? FractionalMaxPool2d.ofRatio(kernel, a.reals("output_ratio"))
                        : FractionalMaxPool3d.ofRatio(kernel, a.reals("output_ratio"));
        pool.setSamples(a.tensor("_random_samples"));
        return a.flag("return_indices", false) ? new Built(pool, x -> both(pool.withIndices(x.getFirst()))) : new Built(pool);
    }

    private static Module maxPool(String name, Arguments a) {
        var o = MaxPool.options(a.sizes("kernel_size")).ceilMode(a.flag("ceil_mode", false)).padding(a.sizes("padding", 0))
                .dilation(a.sizes("dilation", 1));
        if (a.has("stride")) o = o.stride(a.sizes("stride"));
        return switch (name) {
            case "MaxPool1d" -> new MaxPool1d(o);
            case "MaxPool2d" -> new MaxPool2d(o);
            default -> new MaxPool3d(o);
        };
    }

    private static Module made(String name, Arguments a) {
        Module module = Stream.<java.util.function.BiFunction<String, Arguments, Module>>of(ModuleTable::activation,
                ModuleTable::convolutionOrNorm, ModuleTable::poolOrPad, ModuleTable::loss, ModuleTable::other)
                .map(part -> part.apply(name, a)).filter(m -> m != null).findFirst().orElse(null);
        if (module == null) throw new AssertionError("no module " + name + " in Java");
        return module;
    }

    private static Module activation(String name, Arguments a) {
        boolean in = a.flag("inplace", false);
        return switch (name) {
            case "ReLU" -> new ReLU(in);
            case "ReLU6" -> new ReLU6(in);
            case "LeakyReLU" -> new LeakyReLU(a.real("negative_slope", 0.01), in);
            case "PReLU" -> new PReLU(a.whole("num_parameters", 1), a.real("init", 0.25));
            case "RReLU" -> a.has("lower") ? new RReLU(a.real("lower", 0), a.real("upper", 0)) : new RReLU();
            case "ELU" -> new ELU(a.real("alpha", 1), in);
            case "CELU" -> new CELU(a.real("alpha", 1), in);
            case "SELU" -> new SELU(in);
            case "GELU" -> new GELU(a.text("approximate", "none"));
            case "SiLU" -> new SiLU(in);
            case "Mish" -> new Mish(in);
            case "Sigmoid" -> new Sigmoid();
            case "LogSigmoid" -> new LogSigmoid();
            case "Tanh" -> new Tanh();
            case "Hardtanh" -> new Hardtanh(a.real("min_val", -1), a.real("max_val", 1), in);
            case "Hardsigmoid" -> new Hardsigmoid(in);
            case "Hardswish" -> new Hardswish(in);
            case "Hardshrink" -> new Hardshrink(a.real("lambd", 0.5));
            case "Softshrink" -> new Softshrink(a.real("lambd", 0.5));
            case "Tanhshrink" -> new Tanhshrink();
            case "Softplus" -> new Softplus(a.real("beta", 1), a.real("threshold", 20));
            case "Softsign" -> new Softsign();
            case "Threshold" -> new Threshold(a.real("threshold", 0), a.real("value", 0), in);
            case "GLU" -> new GLU(a.whole("dim", -1));
            case "Softmax" -> new Softmax(a.whole("dim"));
            case "Softmin" -> new Softmin(a.whole("dim"));
            case "LogSoftmax" -> new LogSoftmax(a.whole("dim"));
            case "Softmax2d" -> new Softmax2d();
            case "Dropout" -> new Dropout(a.real("p", 0.5));
            case "Dropout1d" -> new Dropout1d(a.real("p", 0.5));
            case "Dropout2d" -> new Dropout2d(a.real("p", 0.5));
            case "Dropout3d" -> new Dropout3d(a.real("p", 0.5));
            case "AlphaDropout" -> new AlphaDropout(a.real("p", 0.5));
            case "FeatureAlphaDropout" -> new FeatureAlphaDropout(a.real("p", 0.5));
            default -> null;
        };
    }

    private static Module convolutionOrNorm(String name, Arguments a) {
        return switch (name) {
            case "Conv1d" ->
                    new Conv1d(convolution(Conv1d.options(a.whole("in_channels"), a.whole("out_channels"), a.sizes("kernel_size")), a));
            case "Conv2d" ->
                    new Conv2d(convolution(Conv2d.options(a.whole("in_channels"), a.whole("out_channels"), a.sizes("kernel_size")), a));
            case "Conv3d" ->
                    new Conv3d(convolution(Conv3d.options(a.whole("in_channels"), a.whole("out_channels"), a.sizes("kernel_size")), a));
            case "ConvTranspose1d" -> new ConvTranspose1d(
                    convolution(ConvTranspose1d.options(a.whole("in_channels"), a.whole("out_channels"), a.sizes("kernel_size")), a));
            case "ConvTranspose2d" -> new ConvTranspose2d(
                    convolution(ConvTranspose2d.options(a.whole("in_channels"), a.whole("out_channels"), a.sizes("kernel_size")), a));
            case "ConvTranspose3d" -> new ConvTranspose3d(
                    convolution(ConvTranspose3d.options(a.whole("in_channels"), a.whole("out_channels"), a.sizes("kernel_size")), a));
            case "BatchNorm1d" -> new BatchNorm1d(norm(BatchNorm1d.options(a.whole("num_features")), a));
            case "BatchNorm2d" -> new BatchNorm2d(norm(BatchNorm2d.options(a.whole("num_features")), a));
            case "BatchNorm3d" -> new BatchNorm3d(norm(BatchNorm3d.options(a.whole("num_features")), a));
            case "InstanceNorm1d" -> new InstanceNorm1d(norm(InstanceNorm1d.options(a.whole("num_features")), a));
            case "InstanceNorm2d" -> new InstanceNorm2d(norm(InstanceNorm2d.options(a.whole("num_features")), a));
            case "InstanceNorm3d" -> new InstanceNorm3d(norm(InstanceNorm3d.options(a.whole("num_features")), a));
            case "LayerNorm" -> new LayerNorm(a.sizes("normalized_shape"), a.real("eps", 1e-5), a.flag("elementwise_affine", true),
                    a.flag("bias", true));
            case "RMSNorm" -> new RMSNorm(a.sizes("normalized_shape"), a.has("eps") ? (Double) a.real("eps", 0) : null,
                    a.flag("elementwise_affine", true));
            case "GroupNorm" -> new GroupNorm(a.whole("num_groups"), a.whole("num_channels"), a.real("eps", 1e-5), a.flag("affine", true),
                    a.flag("bias", true));
            case "LocalResponseNorm" -> new LocalResponseNorm(a.whole("size"), a.real("alpha", 1e-4), a.real("beta", 0.75), a.real("k", 1));
            default -> null;
        };
    }

    private static Convolution.Options convolution(Convolution.Options o, Arguments a) {
        Convolution.Options c = o.stride(a.sizes("stride", 1)).dilation(a.sizes("dilation", 1)).groups(a.whole("groups", 1))
                .bias(a.flag("bias", true)).outputPadding(a.sizes("output_padding", 0))
                .mode(PaddingMode.valueOf(a.text("padding_mode", "zeros").toUpperCase(java.util.Locale.ROOT)));
        String padding = a.text("padding", "");
        return padding.equals("same") ? c.paddingSame() : padding.equals("valid") ? c : c.padding(a.sizes("padding", 0));
    }

    private static NormOptions norm(NormOptions o, Arguments a) {
        return o.eps(a.real("eps", 1e-5)).momentum(a.isNull("momentum") ? null : (Double) a.real("momentum", 0.1))
                .affine(a.flag("affine", o.affine()))
                .trackRunningStats(a.flag("track_running_stats", o.trackRunningStats())).bias(a.flag("bias", true));
    }

    private static AvgPool.Options avgPool(Arguments a) {
        var o = AvgPool.options(a.sizes("kernel_size")).padding(a.sizes("padding", 0)).ceilMode(a.flag("ceil_mode", false))
                .countIncludePad(a.flag("count_include_pad", true));
        if (a.has("divisor_override")) o = o.divisor(a.whole("divisor_override"));
        return a.has("stride") ? o.stride(a.sizes("stride")) : o;
    }

    private static Module poolOrPad(String name, Arguments a) {
        return switch (name) {
            case "AvgPool1d" -> new AvgPool1d(avgPool(a));
            case "AvgPool2d" -> new AvgPool2d(avgPool(a));
            case "AvgPool3d" -> new AvgPool3d(avgPool(a));
            case "LPPool1d" -> new LPPool1d(a.real("norm_type", 0), a.sizes("kernel_size"), a.has("stride") ? a.sizes("stride") : null,
                    a.flag("ceil_mode", false));
            case "LPPool2d" -> new LPPool2d(a.real("norm_type", 0), a.sizes("kernel_size"), a.has("stride") ? a.sizes("stride") : null,
                    a.flag("ceil_mode", false));
            case "LPPool3d" -> new LPPool3d(a.real("norm_type", 0), a.sizes("kernel_size"), a.has("stride") ? a.sizes("stride") : null,
                    a.flag("ceil_mode", false));
            case "AdaptiveAvgPool1d" -> new AdaptiveAvgPool1d(a.sizes("output_size"));
            case "AdaptiveAvgPool2d" -> new AdaptiveAvgPool2d(a.sizes("output_size"));
            case "AdaptiveAvgPool3d" -> new AdaptiveAvgPool3d(a.sizes("output_size"));
            case "AdaptiveMaxPool1d" -> new AdaptiveMaxPool1d(a.sizes("output_size"));
            case "AdaptiveMaxPool2d" -> new AdaptiveMaxPool2d(a.sizes("output_size"));
            case "AdaptiveMaxPool3d" -> new AdaptiveMaxPool3d(a.sizes("output_size"));
            case "MaxUnpool1d" -> new MaxUnpool1d(a.sizes("kernel_size"));
            case "MaxUnpool2d" -> new MaxUnpool2d(a.sizes("kernel_size"));
            case "MaxUnpool3d" -> new MaxUnpool3d(a.sizes("kernel_size"));
            case "ReflectionPad1d" -> new ReflectionPad1d(a.sizes("padding"));
            case "ReflectionPad2d" -> new ReflectionPad2d(a.sizes("padding"));
            case "ReflectionPad3d" -> new ReflectionPad3d(a.sizes("padding"));
            case "ReplicationPad1d" -> new ReplicationPad1d(a.sizes("padding"));
            case "ReplicationPad2d" -> new ReplicationPad2d(a.sizes("padding"));
            case "ReplicationPad3d" -> new ReplicationPad3d(a.sizes("padding"));
            case "CircularPad1d" -> new CircularPad1d(a.sizes("padding"));
            case "CircularPad2d" -> new CircularPad2d(a.sizes("padding"));
            case "CircularPad3d" -> new CircularPad3d(a.sizes("padding"));
            case "ZeroPad1d" -> new ZeroPad1d(a.sizes("padding"));
            case "ZeroPad2d" -> new ZeroPad2d(a.sizes("padding"));
            case "ZeroPad3d" -> new ZeroPad3d(a.sizes("padding"));
            case "ConstantPad1d" -> new ConstantPad1d(a.real("value", 0), a.sizes("padding"));
            case "ConstantPad2d" -> new ConstantPad2d(a.real("value", 0), a.sizes("padding"));
            case "ConstantPad3d" -> new ConstantPad3d(a.real("value", 0), a.sizes("padding"));
            case "Unfold" -> new Unfold(a.sizes("kernel_size"), a.sizes("dilation", 1), a.sizes("padding", 0), a.sizes("stride", 1));
            case "Fold" -> new Fold(a.sizes("output_size"), a.sizes("kernel_size"), a.sizes("dilation", 1), a.sizes("padding", 0),
                    a.sizes("stride", 1));
            case "Upsample" -> new Upsample(
                    new Interpolate(a.has("size") ? a.sizes("size") : null, a.has("scale_factor") ? a.reals("scale_factor") : null,
                            Interpolate.Mode.valueOf(a.text("mode", "nearest").replace('-', '_').toUpperCase(java.util.Locale.ROOT)),
                            a.flag("align_corners", false), false));
            default -> null;
        };
    }

    private static Module loss(String name, Arguments a) {
        var r = REDUCTION.get(a.text("reduction", "mean"));
        return switch (name) {
            case "L1Loss" -> new L1Loss(r);
            case "MSELoss" -> new MSELoss(r);
            case "SmoothL1Loss" -> new SmoothL1Loss(a.real("beta", 1), r);
            case "HuberLoss" -> new HuberLoss(a.real("delta", 1), r);
            case "KLDivLoss" -> new KLDivLoss(a.flag("log_target", false), r);
            case "MultiLabelMarginLoss" -> new MultiLabelMarginLoss(r);
            case "MultiMarginLoss" -> new MultiMarginLoss(a.tensor("weight"), a.whole("p", 1), a.real("margin", 1), r);
            case "SoftMarginLoss" -> new SoftMarginLoss(r);
            case "MultiLabelSoftMarginLoss" -> new MultiLabelSoftMarginLoss(a.tensor("weight"), r);
            case "NLLLoss" -> new NLLLoss(a.tensor("weight"), a.whole("ignore_index", -100), r);
            case "CrossEntropyLoss" ->
                    new CrossEntropyLoss(a.tensor("weight"), a.whole("ignore_index", -100), a.real("label_smoothing", 0), r);
            case "BCELoss" -> new BCELoss(a.tensor("weight"), r);
            case "BCEWithLogitsLoss" -> new BCEWithLogitsLoss(a.tensor("weight"), a.tensor("pos_weight"), r);
            case "PoissonNLLLoss" -> new PoissonNLLLoss(a.flag("log_input", true), a.flag("full", false), a.real("eps", 1e-8), r);
            case "GaussianNLLLoss" -> new GaussianNLLLoss(a.flag("full", false), a.real("eps", 1e-6), r);
            case "HingeEmbeddingLoss" -> new HingeEmbeddingLoss(a.real("margin", 1), r);
            case "CosineEmbeddingLoss" -> new CosineEmbeddingLoss(a.real("margin", 0), r);
            case "MarginRankingLoss" -> new MarginRankingLoss(a.real("margin", 0), r);
            case "TripletMarginLoss" ->
                    new TripletMarginLoss(a.real("margin", 1), a.real("p", 2), a.real("eps", 1e-6), a.flag("swap", false), r);
            case "TripletMarginWithDistanceLoss" -> new TripletMarginWithDistanceLoss(null, a.real("margin", 1), a.flag("swap", false), r);
            case "AdaptiveLogSoftmaxWithLoss" -> new AdaptiveLogSoftmaxWithLoss(a.whole("in_features"), a.whole("n_classes"),
                    a.sizes("cutoffs"), a.real("div_value", 4), a.flag("head_bias", false));
            case "CTCLoss" -> new CTCLoss(a.whole("blank", 0), r, a.flag("zero_infinity", false));
            default -> null;
        };
    }

    private static Module other(String name, Arguments a) {
        return switch (name) {
            case "Identity" -> new Identity();
            case "Linear" -> new Linear(a.whole("in_features"), a.whole("out_features"), a.flag("bias", true));
            case "Bilinear" ->
                    new Bilinear(a.whole("in1_features"), a.whole("in2_features"), a.whole("out_features"), a.flag("bias", true));
            case "Flatten" -> new Flatten(a.whole("start_dim", 1), a.whole("end_dim", -1));
            case "Unflatten" -> new Unflatten(a.whole("dim"), a.sizes("unflattened_size"));
            case "PixelShuffle" -> new PixelShuffle(a.whole("upscale_factor"));
            case "PixelUnshuffle" -> new PixelUnshuffle(a.whole("downscale_factor"));
            case "ChannelShuffle" -> new ChannelShuffle(a.whole("groups"));
            case "CosineSimilarity" -> new CosineSimilarity(a.whole("dim", 1), a.real("eps", 1e-8));
            case "PairwiseDistance" -> new PairwiseDistance(a.real("p", 2), a.real("eps", 1e-6), a.flag("keepdim", false));
            case "Embedding" -> new Embedding(embedding(a));
            case "EmbeddingBag" ->
                    new EmbeddingBag(embedding(a), EmbeddingBag.Mode.valueOf(a.text("mode", "mean").toUpperCase(java.util.Locale.ROOT)),
                            a.flag("include_last_offset", false));
            case "RNN" -> new RNN(recurrent(a), a.text("nonlinearity", "tanh").equals("relu"));
            case "GRU" -> new GRU(recurrent(a));
            case "LSTM" -> new LSTM(recurrent(a));
            case "RNNCell" -> new RNNCell(a.whole("input_size"), a.whole("hidden_size"), a.flag("bias", true),
                    a.text("nonlinearity", "tanh").equals("relu"));
            case "GRUCell" -> new GRUCell(a.whole("input_size"), a.whole("hidden_size"), a.flag("bias", true));
            case "LSTMCell" -> new LSTMCell(a.whole("input_size"), a.whole("hidden_size"), a.flag("bias", true));
            case "MultiheadAttention" -> new MultiheadAttention(MultiheadAttention.options(a.whole("embed_dim"), (int) a.whole("num_heads"))
                    .dropout(a.real("dropout", 0)).bias(a.flag("bias", true))
                    .biasKv(a.flag("add_bias_kv", false)).zeroAttention(a.flag("add_zero_attn", false))
                    .sizes(a.whole("kdim", a.whole("embed_dim")), a.whole("vdim", a.whole("embed_dim")))
                    .batchFirst(a.flag("batch_first", false)));
            case "TransformerEncoderLayer" -> new TransformerEncoderLayer(transformer(a));
            case "TransformerDecoderLayer" -> new TransformerDecoderLayer(transformer(a));
            case "TransformerEncoder" -> new TransformerEncoder((TransformerEncoderLayer) a.module("encoder_layer"),
                    (int) a.whole("num_layers"), a.module("norm"));
            case "TransformerDecoder" -> new TransformerDecoder((TransformerDecoderLayer) a.module("decoder_layer"),
                    (int) a.whole("num_layers"), a.module("norm"));
            case "Transformer" ->
                    new Transformer(transformer(a), (int) a.whole("num_encoder_layers", 6), (int) a.whole("num_decoder_layers", 6));
            default -> null;
        };
    }

    private static Embedding.Options embedding(Arguments a) {
        return Embedding.options(a.whole("num_embeddings"), a.whole("embedding_dim"))
                .paddingIndex(a.has("padding_idx") ? (Long) a.whole("padding_idx") : null)
                .maxNorm(a.has("max_norm") ? (Double) a.real("max_norm", 0) : null).normType(a.real("norm_type", 2))
                .scaleByFrequency(a.flag("scale_grad_by_freq", false)).sparse(a.flag("sparse", false));
    }

    private static Recurrent.Options recurrent(Arguments a) {
        return Recurrent.options(a.whole("input_size"), a.whole("hidden_size")).layers((int) a.whole("num_layers", 1))
                .bias(a.flag("bias", true)).batchFirst(a.flag("batch_first", false))
                .dropout(a.real("dropout", 0)).bidirectional(a.flag("bidirectional", false)).projection(a.whole("proj_size", 0));
    }

    private static TransformerOptions transformer(Arguments a) {
        return TransformerOptions.of(a.whole("d_model", 512), (int) a.whole("nhead", 8)).feedforward(a.whole("dim_feedforward", 2048))
                .dropout(a.real("dropout", 0.1))
                .activation(a.function("activation", "relu").equals("gelu") ? x -> panatorch.Nn.gelu(x) : Tensor::relu)
                .eps(a.real("layer_norm_eps", 1e-5))
                .batchFirst(a.flag("batch_first", false)).normFirst(a.flag("norm_first", false)).bias(a.flag("bias", true));
    }
}
