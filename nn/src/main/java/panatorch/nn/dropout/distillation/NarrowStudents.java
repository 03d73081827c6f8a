package panatorch.nn.dropout.distillation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Generator;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.nn.Module;

/**
 * Initialises students that are narrower than the baseline, in the two ways of Bulò et al., 2016, figure 3. Both need the baseline's
 * state-dict keys. The baseline is not changed.
 *
 * <pre>{@code
 * var student = new CudaConvnetQuick(CudaConvnetQuick.options(10).widths(32, 32, 64, 24));
 * NarrowStudents.copyWhatFits(baseline, student, null);               // copies the convolutions, draws ip1 and ip2 anew
 * }</pre>
 */
public final class NarrowStudents {
    /** The standard deviation of the normal distribution from which layers of another size are drawn. */
    public static final double STD = 0.01;

    private NarrowStudents() {}

    /**
     * Copies layers that have the baseline's size and draws the weights and biases of the others from N(0, 0.01²) (figure 3, left).
     * Normalisation of another size keeps its initial values.
     *
     * @param generator generator on the student's device; null for the global one
     * @return the names of the layers that were not copied
     * @throws IllegalArgumentException if no layer fits
     */
    public static List<String> copyWhatFits(Module baseline, Module student, @Nullable Generator generator) {
        var from = layers(baseline);
        var others = new ArrayList<String>();
        try (var noGrad = NoGrad.enter()) {
            var to = layers(student);
            if (to.entrySet().stream().noneMatch(e -> fits(from.get(e.getKey()), e.getValue())))
                throw new IllegalArgumentException("no layer of the student has the name and size of one of the baseline's");
            to.forEach((name, layer) -> {
                Map<String, Tensor> original = from.get(name);
                if (original != null && fits(original, layer)) {
                    layer.forEach((part, t) -> t.copy_(of(original, part, name)));
                    return;
                }
                others.add(name);
                if (matrix(layer)) layer.values().forEach(t -> t.normal_(0, STD, generator));
            });
        }
        return others;
    }

    /**
     * Copies the baseline and removes random filters and neurons until every layer is as narrow as the student's (figure 3, right). What
     * remains keeps its order. Later layers lose the inputs that came from removed units. Nothing is scaled up to make up for them.
     *
     * <p>
     * For networks whose layers form one chain in the order of their keys: convolutions without groups, linear layers, normalisation. Where
     * maps are flattened in between, a channel's elements are removed together.
     *
     * @param generator generator on the CPU; null for the global one
     * @throws IllegalArgumentException if a layer of the student is wider or has other keys, or the layers do not form a chain
     */
    public static void removeRandomUnits(Module baseline, Module student, @Nullable Generator generator) {
        var from = layers(baseline);
        var to = layers(student);
        if (!List.copyOf(from.keySet()).equals(List.copyOf(to.keySet())))
            throw new IllegalArgumentException("the student's layers are " + to.keySet() + ", the baseline's " + from.keySet());
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor kept = null;
            long units = 0;
            for (String name : from.keySet()) {
                Map<String, Tensor> original = of(from, name, "the baseline"), layer = of(to, name, "the student");
                if (!matrix(original)) {
                    for (var e : layer.entrySet()) {
                        Tensor all = of(original, e.getKey(), name);
                        set(name, e.getValue(), kept == null || all.dim() == 0 ? all : rows(all, kept));
                    }
                    continue;
                }
                Tensor weight = of(original, "weight", name), narrow = of(layer, "weight", name);
                Tensor inputs = kept == null ? null : elements(name, kept, units, weight.size(1));
                units = weight.size(0);
                kept = units(name, units, narrow.size(0), generator);
                for (var e : layer.entrySet()) {
                    Tensor some = rows(of(original, e.getKey(), name), kept);
                    set(name, e.getValue(),
                            e.getKey().equals("weight") && inputs != null ? some.indexSelect(1, inputs.to(some.device())) : some);
                }
            }
        }
    }

    private static <V> V of(Map<String, V> parts, String name, String whole) {
        V part = parts.get(name);
        if (part == null) throw new IllegalArgumentException(whole + " has no " + name + ", only " + parts.keySet());
        return part;
    }

    private static void set(String layer, Tensor place, Tensor values) {
        if (!Arrays.equals(place.shape(), values.shape()))
            throw new IllegalArgumentException(layer + " is " + place.describe() + " in the student, but " + values.describe()
                    + " of the baseline remains");
        place.copy_(values);
    }

    private static Tensor rows(Tensor t, Tensor kept) { return t.indexSelect(0, kept.to(t.device())); }

    /** Returns the indices of the units to keep, in order. */
    private static Tensor units(String layer, long all, long some, @Nullable Generator generator) {
        if (some > all)
            throw new IllegalArgumentException(layer + " has " + some + " units in the student and only " + all + " in the baseline");
        if (some == all) return Aten.arange(all, DType.INT64);
        return (generator == null ? Aten.randperm(all) : Torch.randperm(all, generator)).narrow(0, 0, some).sort().values();
    }

    /** Returns the indices of the inputs to keep in the layer after {@code units}: one input a unit, or all elements of its map. */
    private static Tensor elements(String layer, Tensor kept, long units, long inputs) {
        if (inputs % units != 0)
            throw new IllegalArgumentException(layer + " takes " + inputs + " inputs, and the layer before it has " + units
                    + " units: the layers do not form a chain");
        long each = inputs / units;
        return kept.mul(each).unsqueeze(1).add(Aten.arange(each, DType.INT64)).flatten();
    }

    private static boolean fits(@Nullable Map<String, Tensor> from, Map<String, Tensor> to) {
        return from != null && to.entrySet().stream()
                .allMatch(e -> from.get(e.getKey()) instanceof Tensor t && Arrays.equals(t.shape(), e.getValue().shape()));
    }

    private static boolean matrix(Map<String, Tensor> layer) { return layer.get("weight") instanceof Tensor w && w.dim() > 1; }

    /** Groups the state dict by layer: full layer names, and in each the short names of its tensors. */
    private static Map<String, Map<String, Tensor>> layers(Module network) {
        var layers = new LinkedHashMap<String, Map<String, Tensor>>();
        network.stateDict().forEach((key, t) -> {
            int dot = key.lastIndexOf('.');
            layers.computeIfAbsent(key.substring(0, Math.max(0, dot)), n -> new LinkedHashMap<>()).put(key.substring(dot + 1), t);
        });
        return layers;
    }
}
