package panatorch.nn;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import panatorch.NoGrad;
import panatorch.Tensor;

/**
 * Hooks of a module: callbacks before and after its {@code forward}, and on its gradients, when it is called by {@link Module#call} or
 * {@link Module#callAll}.
 *
 * <pre>{@code
 * try (var hook = layer.hooks().afterForward((m, in, out) -> { System.out.println(out); return null; })) {
 *     network.call(x);
 * }
 * }</pre>
 *
 * <p>
 * A hook's tensors are freed once the surrounding modules no longer need them. To keep one for longer, let it {@linkplain Tensor#escape
 * escape}, or copy it.
 *
 * <p>
 * Hooks are called in the order in which they were added. Each may return a list that replaces its last argument, or null to keep it.
 */
public final class Hooks {
    Hooks() {}

    /** Called with the inputs before {@code forward}. */
    @FunctionalInterface
    public interface BeforeForward {
        @Nullable List<? extends @Nullable Tensor> call(Module module, List<? extends @Nullable Tensor> inputs);
    }

    /** Called with the outputs after {@code forward}. */
    @FunctionalInterface
    public interface AfterForward {
        @Nullable List<Tensor> call(Module module, List<? extends @Nullable Tensor> inputs, List<Tensor> outputs);
    }

    /**
     * Called in {@code backward} once the gradients of the inputs are known or, if no input has one, those of the outputs. A returned list
     * replaces {@code gradInput}, in which inputs without a gradient are null.
     */
    @FunctionalInterface
    public interface AfterBackward {
        @Nullable List<? extends @Nullable Tensor> call(Module module, List<? extends @Nullable Tensor> gradInput,
                List<? extends @Nullable Tensor> gradOutput);
    }

    /** A registered hook. Closing removes it; closing twice is harmless. */
    @FunctionalInterface
    public interface Handle extends AutoCloseable {
        @Override void close();
    }

    private final List<BeforeForward> before = new CopyOnWriteArrayList<>();
    private final List<AfterForward> after = new CopyOnWriteArrayList<>();
    private final List<AfterBackward> backward = new CopyOnWriteArrayList<>();

    /** Adds a hook before {@code forward}: PyTorch's {@code register_forward_pre_hook}. */
    public Handle beforeForward(BeforeForward hook) {
        return add(before, hook);
    }

    /** Adds a hook after {@code forward}: PyTorch's {@code register_forward_hook}. */
    public Handle afterForward(AfterForward hook) {
        return add(after, hook);
    }

    /**
     * Adds a hook on gradients: PyTorch's {@code register_full_backward_hook}. Inputs and outputs must then not be changed in place.
     */
    public Handle afterBackward(AfterBackward hook) { return add(backward, hook); }

    static <H> Handle add(List<H> hooks, H hook) {
        hooks.add(hook);
        return () -> hooks.remove(hook);
    }

    List<Tensor> around(Module module, List<? extends @Nullable Tensor> given) {
        List<? extends @Nullable Tensor> inputs = given;
        for (BeforeForward hook : before) {
            var changed = hook.call(module, inputs);
            if (changed != null) inputs = changed;
        }
        boolean watched = !backward.isEmpty() && NoGrad.isGradEnabled();
        Watch watch = watched ? new Watch(module, inputs) : null;
        List<Tensor> outputs = module.forwardAll(watch == null ? inputs : watch.inputs);
        for (AfterForward hook : after) {
            var changed = hook.call(module, inputs, outputs);
            if (changed != null) outputs = changed;
        }
        return watch == null ? outputs : watch.outputs(outputs);
    }

    /** The gradients of one call, observed by two identities in the graph around {@code forward}. */
    private final class Watch {
        private final Module module;
        private final List<@Nullable Tensor> inputs = new ArrayList<>();
        private final List<Integer> places = new ArrayList<>();
        private List<@Nullable Tensor> gradOutput = List.of();

        Watch(Module module, List<? extends @Nullable Tensor> given) {
            this.module = module;
            var watched = new ArrayList<Tensor>();
            for (Tensor t : given) {
                if (t != null && t.requiresGrad()) {
                    places.add(inputs.size());
                    watched.add(t);
                }
                inputs.add(t);
            }
            if (watched.isEmpty()) return;
            var passed = new Identities(this::atInputs).applyAll(watched);
            for (int i = 0; i < places.size(); i++) inputs.set(places.get(i), passed.get(i));
        }

        List<Tensor> outputs(List<Tensor> outputs) {
            return outputs.stream().anyMatch(Tensor::requiresGrad) ? new Identities(this::atOutputs).applyAll(outputs) : outputs;
        }

        private List<? extends @Nullable Tensor> atOutputs(List<Tensor> gradients) {
            forget();
            gradOutput = new ArrayList<>();
            for (Tensor g : gradients) gradOutput.add(g == null ? null : g.alias().escape());
            if (places.isEmpty()) call(new ArrayList<>(java.util.Collections.nCopies(inputs.size(), null)));
            return gradients;
        }

        private List<? extends @Nullable Tensor> atInputs(List<Tensor> gradients) {
            var all = new ArrayList<@Nullable Tensor>(java.util.Collections.nCopies(inputs.size(), null));
            for (int i = 0; i < places.size(); i++) all.set(places.get(i), gradients.get(i));
            var result = call(all);
            var watched = new ArrayList<@Nullable Tensor>();
            for (int place : places) watched.add(result.get(place));
            return watched;
        }

        private List<? extends @Nullable Tensor> call(List<? extends @Nullable Tensor> gradInput) {
            List<? extends @Nullable Tensor> current = gradInput;
            for (AfterBackward hook : backward) {
                var changed = hook.call(module, current, gradOutput);
                if (changed != null) current = changed;
            }
            forget();
            return current;
        }

        private void forget() {
            for (Tensor g : gradOutput) if (g != null) g.close();
            gradOutput = List.of();
        }
    }

    private static final class Identities extends panatorch.Function {
        private final java.util.function.Function<List<Tensor>, List<? extends @Nullable Tensor>> seen;

        Identities(java.util.function.Function<List<Tensor>, List<? extends @Nullable Tensor>> seen) { this.seen = seen; }

        @Override protected List<Tensor> forward(Context context, List<Tensor> inputs) {
            return inputs.stream().map(Tensor::alias).toList();
        }

        @Override protected List<? extends @Nullable Tensor> backward(Context context, List<Tensor> gradients) {
            return seen.apply(gradients);
        }
    }
}
