package panatorch;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A part of a network whose intermediate results are not kept for {@code backward} but computed again there (Chen et al. 2016,
 * arXiv:1604.06174), with the same random numbers, from default generators and from those that its layers own, and in the same precision as
 * the first time.
 */
final class Checkpoint extends Function {
    private final java.util.function.Function<List<Tensor>, List<Tensor>> segment;
    private final int arguments;
    private final boolean anchored;
    private final List<Supplier<Autocast>> precision = Autocast.snapshot();
    private List<Device> devices = List.of();
    private @Nullable UsedGenerators generators;

    /** @param anchored whether one more input follows the arguments */
    private Checkpoint(java.util.function.Function<List<Tensor>, List<Tensor>> segment, int arguments, boolean anchored) {
        this.segment = segment;
        this.arguments = arguments;
        this.anchored = anchored;
    }

    static List<Tensor> run(java.util.function.Function<List<Tensor>, List<Tensor>> segment, List<Tensor> inputs) {
        if (!NoGrad.isGradEnabled()) return segment.apply(inputs);
        try (var scope = Scope.open()) {
            var all = new ArrayList<>(inputs);
            // Parameters are not among the inputs, and without one that requires a gradient there would be no backward to reach them.
            boolean anchored = inputs.stream().noneMatch(Tensor::requiresGrad);
            if (anchored) all.add(Torch.zeros(DType.FLOAT32).requiresGrad_(true));
            var outputs = new Checkpoint(segment, inputs.size(), anchored).applyAll(all);
            scope.keep(outputs.toArray(Tensor[]::new));
            return outputs;
        }
    }

    @Override protected List<Tensor> forward(Context context, List<Tensor> inputs) {
        var own = inputs.subList(0, arguments);
        var used = new LinkedHashSet<Device>(List.of(Device.CPU));
        for (Tensor t : own) used.add(t.device());
        devices = List.copyOf(used);
        var saved = new ArrayList<>(own);
        saved.addAll(states());
        context.save(saved.toArray(Tensor[]::new));
        var outputs = new ArrayList<Tensor>();
        generators = UsedGenerators.during(() -> outputs.addAll(segment.apply(own)));
        return outputs;
    }

    private List<Tensor> states() {
        var all = new ArrayList<Tensor>();
        for (Device d : devices) {
            try (var generator = Generator.global(d)) {
                all.add(generator.state());
            }
        }
        return all;
    }

    private void setStates(List<Tensor> states) {
        for (int i = 0; i < devices.size(); i++) {
            try (var generator = Generator.global(devices.get(i))) {
                generator.setState(states.get(i));
            }
        }
    }

    @Override protected List<@Nullable Tensor> backward(Context context, List<Tensor> gradients) {
        if (NoGrad.isGradEnabled())
            throw new IllegalStateException(
                    "the derivative of a checkpoint cannot be differentiated again: call it without createGraph, or compute this "
                            + "part without a checkpoint");
        if (ThreadContext.current().someInputs)
            throw new IllegalStateException("a checkpoint adds gradients to all leaves: call backward without inputs instead of grad");
        var saved = context.saved();
        var inputs = new ArrayList<Tensor>();
        for (int i = 0; i < arguments; i++) {
            Tensor input = saved.get(i).detach();
            inputs.add(context.needsGradient(i) ? input.requiresGrad_(true) : input);
        }
        again(inputs, saved.subList(arguments, saved.size()), gradients);
        var results = new ArrayList<@Nullable Tensor>();
        for (Tensor input : inputs) results.add(input.grad());
        if (anchored) results.add(null);
        return results;
    }

    private void again(List<Tensor> inputs, List<Tensor> states, List<Tensor> gradients) {
        var present = states();
        var open = new ArrayDeque<Autocast>();
        var outputs = new ArrayList<Tensor>();
        try (var on = NoGrad.enableGrad()) {
            setStates(states);
            for (var p : precision) open.push(p.get());
            Objects.requireNonNull(generators).again(() -> outputs.addAll(segment.apply(inputs)));
        } finally {
            while (!open.isEmpty()) open.pop().close();
            setStates(present);
        }
        var differentiable = new ArrayList<Tensor>();
        var theirs = new ArrayList<Tensor>();
        for (int k = 0; k < outputs.size(); k++) {
            if (gradients.get(k) == null || !outputs.get(k).requiresGrad()) continue;
            differentiable.add(outputs.get(k));
            theirs.add(gradients.get(k));
        }
        if (!differentiable.isEmpty()) Autograd.backward(differentiable, theirs, false, false, List.of());
    }
}
