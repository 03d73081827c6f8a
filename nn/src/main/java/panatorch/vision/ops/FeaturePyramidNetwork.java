package panatorch.vision.ops;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.nn.Conv2d;
import panatorch.nn.Module;
import panatorch.nn.ModuleList;
import panatorch.nn.functional.Interpolate;
import panatorch.nn.init.Init;

/**
 * A feature pyramid (Lin et al., 2016, arXiv:1612.03144): feature maps of several sizes, the largest first, become maps of the same sizes
 * with the same number of channels, each of which has seen all smaller ones.
 *
 * <pre>{@code
 * var pyramid = new FeaturePyramidNetwork(new long[] {256, 512, 1024, 2048}, 256, new LastLevelMaxPool(), null);
 * SequencedMap<String, Tensor> maps = pyramid.forward(features);
 * }</pre>
 *
 * <p>
 * The children {@code inner_blocks} and {@code layer_blocks} hold 1×1 and 3×3 convolutions. State dicts of torchvision before 0.14, whose
 * convolutions had other names, are loaded as well.
 */
public final class FeaturePyramidNetwork extends Module {
    private final long[] inChannels;
    private final long outChannels;
    private final @Nullable LongFunction<? extends Module> norm;
    private final ModuleList<Module> innerBlocks = child("inner_blocks", new ModuleList<Module>()),
            layerBlocks = child("layer_blocks", new ModuleList<Module>());
    private @Nullable ExtraFPNBlock extraBlocks;

    /** Creates a pyramid without normalisation and without further maps. */
    public FeaturePyramidNetwork(long[] inChannels, long outChannels) {
        this(inChannels, outChannels, null, null);
    }

    /**
     * Creates a pyramid.
     *
     * @param inChannels number of channels of each feature map
     * @param outChannels number of channels of each result
     * @param extraBlocks adds further maps; null for none
     * @param norm creates a normalisation after each convolution, for a number of channels; null for none
     */
    public FeaturePyramidNetwork(long[] inChannels, long outChannels, @Nullable ExtraFPNBlock extraBlocks,
            @Nullable LongFunction<? extends Module> norm) {
        this.inChannels = inChannels.clone();
        this.outChannels = outChannels;
        this.norm = norm;
        for (long in : inChannels) {
            if (in < 1) throw new IllegalArgumentException("a feature map has at least one channel, not " + in);
            innerBlocks.add(block(in, 1));
            layerBlocks.add(block(outChannels, 3));
        }
        modules().forEach(m -> { if (m instanceof Conv2d c) initialize(c); });
        this.extraBlocks = extraBlocks == null ? null : child("extra_blocks", extraBlocks);
        stateHooks().beforeLoad((module, prefix, state) -> rename(prefix, state));
    }

    private Module block(long in, long kernel) {
        return new Conv2dNormActivation(Conv2dNormActivation.options(in, outChannels, kernel).norm(norm).activation(null));
    }

    static void initialize(Conv2d convolution) {
        Init.kaimingUniform_(convolution.weight(), 1);
        Tensor bias = convolution.bias();
        if (bias != null) Init.zeros_(bias);
    }

    /** Gives the convolutions of older state dicts the names that they have inside blocks. */
    private void rename(String prefix, SequencedMap<String, Tensor> state) {
        for (String list : List.of("inner_blocks.", "layer_blocks.")) {
            for (int i = 0; i < inChannels.length; i++) {
                for (String tensor : List.of("weight", "bias")) {
                    Tensor old = state.remove(prefix + list + i + "." + tensor);
                    if (old != null) state.put(prefix + list + i + ".0." + tensor, old);
                }
            }
        }
    }

    /**
     * Computes the pyramid.
     *
     * @param features feature maps [N, C, H, W] by their names, the largest first
     * @return the pyramid's maps under the same names, and those of the extra blocks
     */
    public SequencedMap<String, Tensor> forward(SequencedMap<String, Tensor> features) {
        if (features.size() != inChannels.length)
            throw new IllegalArgumentException("the pyramid takes " + inChannels.length + " feature maps, not " + features.keySet());
        try (var scope = Scope.open()) {
            var names = List.copyOf(features.keySet());
            var inputs = List.copyOf(features.values());
            var outputs = new ArrayList<Tensor>();
            Tensor last = null;
            for (int i = inputs.size() - 1; i >= 0; i--) {
                Tensor lateral = innerBlocks.get(i).call(inputs.get(i));
                last = last == null ? lateral
                        : lateral.add(Interpolate.to(Interpolate.Mode.NEAREST, lateral.size(-2), lateral.size(-1)).apply(last));
                outputs.addFirst(layerBlocks.get(i).call(last));
            }
            var results = new LinkedHashMap<String, Tensor>();
            for (int i = 0; i < names.size(); i++) results.put(names.get(i), outputs.get(i));
            ExtraFPNBlock extra = extraBlocks;
            if (extra != null) extra.extend(results, inputs);
            results.values().forEach(scope::move);
            return results;
        }
    }

    /** Computes the pyramid of feature maps, the largest first. */
    @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
        var features = new LinkedHashMap<String, Tensor>();
        for (Tensor t : inputs) {
            if (t == null) throw new IllegalArgumentException("feature map " + features.size() + " is null");
            features.put(Integer.toString(features.size()), t);
        }
        return List.copyOf(forward(features).values());
    }

    @Override protected Module recreate() {
        ExtraFPNBlock extra = extraBlocks;
        return new FeaturePyramidNetwork(inChannels, outChannels, extra == null ? null : (ExtraFPNBlock) extra.recreate(), norm);
    }
}
