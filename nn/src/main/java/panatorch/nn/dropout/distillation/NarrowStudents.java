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
 * First weights of students that are narrower than the baseline, in the two ways of Bulò et al. 2016, figure 3. Both need the baseline's state-dict keys, and
 * leave the baseline as it is.
 *
 * <pre>{@code
 * var student = new CudaConvnetQuick(CudaConvnetQuick.options(10).widths(32, 32, 64, 24));
 * NarrowStudents.copyWhatFits(baseline, student, null);               // ip1 and ip2 are new, the convolutions the baseline's
 * }</pre>
 */
public final class NarrowStudents {
    /** Of the normal distribution that layers of another size begin with. */
    public static final double STD = 0.01;

    private NarrowStudents() {}

    /**
     * Figure 3, left: layers of the baseline's sizes are copied, the others' weights and biases drawn from N(0, 0.01²). Normalisation of another size keeps
     * what it was made with.
     *
     * @param generator of the student's device; null for the global one
     * @return the names of the layers that were not copied
     * @throws IllegalArgumentException if no layer fits
     */
    public static List<String> copyWhatFits(Module baseline, Module student, @Nullable Generator generator) {
        var from = layers(baseline);
        var others = new ArrayList<String>();
        try (var noGrad = NoGrad.enter()) {
            var to = layers(student);
            if (to.entrySet().stream().noneMatch(e -> fits(from.get(e.getKey()), e.getValue()))) throw new IllegalArgumentException("no layer of the student is the baseline's");
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
     * Figure 3, right: the baseline with random filters and neurons taken out until every layer is as narrow as the student's; what is left keeps its order,
     * and layers behind lose the inputs that came from what is gone. Nothing is scaled up in its place.
     *
     * <p>For networks whose layers are one chain in the order of their keys: convolutions without groups, linear layers, normalisation. Where maps are
     * flattened in between, a channel's elements go together.
     *
     * @param generator on the CPU; null for the global one
     * @throws IllegalArgumentException if a layer of the student is wider or has other keys, or the chain does not fit together
     */
    public static void removeRandomUnits(Module baseline, Module student, @Nullable Generator generator) {
        var from = layers(baseline);
        var to = layers(student);
        if (!List.copyOf(from.keySet()).equals(List.copyOf(to.keySet()))) throw new IllegalArgumentException("the student's layers are " + to.keySet() + ", the baseline's " + from.keySet());
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
                    set(name, e.getValue(), e.getKey().equals("weight") && inputs != null ? some.indexSelect(1, inputs.to(some.device())) : some);
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
        if (!Arrays.equals(place.shape(), values.shape())) throw new IllegalArgumentException(layer + " is " + place.describe() + " in the student, and of the baseline " + values.describe() + " is left");
        place.copy_(values);
    }

    private static Tensor rows(Tensor t, Tensor kept) { return t.indexSelect(0, kept.to(t.device())); }

    /** Which of a layer's units stay, in order. */
    private static Tensor units(String layer, long all, long some, @Nullable Generator generator) {
        if (some > all) throw new IllegalArgumentException(layer + " has " + some + " units in the student and only " + all + " in the baseline");
        if (some == all) return Aten.arange(all, DType.INT64);
        return (generator == null ? Aten.randperm(all) : Torch.randperm(all, generator)).narrow(0, 0, some).sort().values();
    }

    /** Which inputs stay of a layer behind one of {@code units}: one a unit, or all elements of its map. */
    private static Tensor elements(String layer, Tensor kept, long units, long inputs) {
        if (inputs % units != 0) throw new IllegalArgumentException(layer + " takes " + inputs + " inputs, and the layer before it has " + units + " units: they are no chain");
        long each = inputs / units;
        return kept.mul(each).unsqueeze(1).add(Aten.arange(each, DType.INT64)).flatten();
    }

    private static boolean fits(@Nullable Map<String, Tensor> from, Map<String, Tensor> to) {
        return from != null && to.entrySet().stream().allMatch(e -> from.get(e.getKey()) instanceof Tensor t && Arrays.equals(t.shape(), e.getValue().shape()));
    }

    private static boolean matrix(Map<String, Tensor> layer) { return layer.get("weight") instanceof Tensor w && w.dim() > 1; }

    /** The state dict by layers: their full names, and the short ones of what is in them. */
    private static Map<String, Map<String, Tensor>> layers(Module network) {
        var layers = new LinkedHashMap<String, Map<String, Tensor>>();
        network.stateDict().forEach((key, t) -> {
            int dot = key.lastIndexOf('.');
            layers.computeIfAbsent(key.substring(0, Math.max(0, dot)), n -> new LinkedHashMap<>()).put(key.substring(dot + 1), t);
        });
        return layers;
    }
}
