package panatorch.nn.dropout.distillation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.nn.AttentionDropout;
import panatorch.nn.DropoutLayer;
import panatorch.nn.Hooks;
import panatorch.nn.Modes;
import panatorch.nn.Module;

/**
 * A student that learns only to scale the output of each dropout layer, starting at 1. All its weights are frozen copies of the baseline's.
 * An extension of Bulò et al., 2016, who train all weights: this is the smallest family of students around plain evaluation, with a few
 * numbers a layer.
 *
 * <p>
 * Owns its copy of the network and the scales, which are parameters {@code scale_…} named after the layers. The network must call its
 * dropout layers by {@link Module#call}.
 */
public final class ScaleOnly extends Module {
    private final Module network;
    private final Map<String, long[]> shapes;

    /**
     * Creates a student with one scale a layer.
     *
     * @param example an input of the network
     */
    public static ScaleOnly scalars(Module baseline, Tensor example) { return of(baseline, example, false); }

    /**
     * Creates a student with one scale a channel of maps [N, C, H, W], or a feature of rows [N, D] and tokens [N, T, D].
     *
     * @param example an input of the network
     */
    public static ScaleOnly vectors(Module baseline, Tensor example) { return of(baseline, example, true); }

    private static ScaleOnly of(Module baseline, Tensor example, boolean perFeature) {
        Module copy = copyOf(baseline);
        try {
            return new ScaleOnly(copy, shapes(copy, example, perFeature));
        } catch (RuntimeException e) {
            copy.close();
            throw e;
        }
    }

    private ScaleOnly(Module network, Map<String, long[]> shapes) {
        this.network = child("network", network);
        this.shapes = shapes;
        network.requiresGrad(false);
        Map<String, Module> modules = network.namedModules();
        shapes.forEach((name, shape) -> {
            Tensor scale = parameter("scale_" + name.replace('.', '_'), Torch.ones(DType.FLOAT32, shape));
            Objects.requireNonNull(modules.get(name)).hooks()
                    .afterForward((m, in, out) -> List.of(out.getFirst().mul(scale.to(out.getFirst().dtype()))));
        });
    }

    /** Returns the shape of the scale after each dropout layer, by the layer's name. */
    private static Map<String, long[]> shapes(Module network, Tensor example, boolean perFeature) {
        var layers = new LinkedHashMap<String, Module>();
        network.namedModules()
                .forEach((name, m) -> { if (m instanceof DropoutLayer && !(m instanceof AttentionDropout)) layers.put(name, m); });
        if (layers.isEmpty()) throw new IllegalArgumentException("the network has no dropout layer to scale");
        var called = new HashMap<String, long[]>();
        try (var scope = Scope.open(); var noGrad = NoGrad.enter(); var modes = Modes.evaluation(network)) {
            var watches = new ArrayList<Hooks.Handle>();
            layers.forEach((name, layer) -> watches.add(layer.hooks().afterForward((m, in, out) -> {
                called.put(name, perFeature ? features(out.getFirst()) : new long[0]);
                return null;
            })));
            network.call(example);
            watches.forEach(Hooks.Handle::close);
        }
        var shapes = new LinkedHashMap<String, long[]>();
        for (String name : layers.keySet()) {
            long[] shape = called.get(name);
            if (shape == null)
                throw new IllegalArgumentException("the network does not call " + name + " by Module.call: its output cannot be scaled");
            shapes.put(name, shape);
        }
        return shapes;
    }

    /** Returns [C, 1, …] for maps, otherwise [D]. */
    private static long[] features(Tensor output) {
        int dims = (int) output.dim();
        if (dims < 4) return new long[] {output.size(-1)};
        long[] shape = new long[dims - 1];
        Arrays.fill(shape, 1);
        shape[0] = output.size(1);
        return shape;
    }

    /** Returns the scales, which are all parameters to train. */
    public List<Tensor> scales() {
        return shapes.keySet().stream().map(name -> parameter("scale_" + name.replace('.', '_'))).toList();
    }

    @Override public Tensor forward(Tensor input) { return network.call(input); }

    @Override protected Module recreate() { return new ScaleOnly(copyOf(network), shapes); }
}
