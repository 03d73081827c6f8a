package panatorch.nn.utils;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.nn.Module;
import panatorch.nn.TensorRule;

/**
 * Calls of a module with other parameters and buffers than its own, after {@code torch.func.functional_call}. Results are differentiable by
 * them.
 *
 * <pre>{@code
 * var fast = new HashMap<String, Tensor>();                            // one step of MAML
 * var own = network.namedParameters();
 * var gradients = Autograd.grad(List.of(loss), List.copyOf(own.values()), null, true, true).iterator();
 * own.forEach((name, p) -> fast.put(name, p.sub(gradients.next(), 0.01)));
 * Tensor adapted = Stateless.functionalCall(network, fast, x);
 * }</pre>
 *
 * <p>
 * The module's own tensors stay as they are, and nothing is closed. Other threads must not use the module meanwhile.
 */
public final class Stateless {
    private Stateless() {}

    /** Calls a module of one input and one output: see {@link #functionalCall(Module, Map, List)}. */
    public static Tensor functionalCall(Module module, Map<String, Tensor> tensors, Tensor input) {
        return functionalCall(module, tensors, List.of(input)).getFirst();
    }

    /**
     * Calls a module with the given parameters and buffers, and its own for all others. A tensor that the module has under several names is
     * replaced under all of them. What {@code forward} changes in place, as running averages, it changes in the given buffers.
     *
     * @param tensors tensors by their full names in the module, which stay the caller's
     * @throws IllegalArgumentException if the module has no parameter or buffer of a name, or two names of one tensor get different ones
     */
    public static List<Tensor> functionalCall(Module module, Map<String, Tensor> tensors, List<? extends @Nullable Tensor> inputs) {
        var own = new HashMap<String, Tensor>(module.stateDict());
        own.putAll(module.namedParameters());
        own.putAll(module.namedBuffers());
        var replaced = new IdentityHashMap<Tensor, Tensor>();
        tensors.forEach((name, t) -> {
            Tensor place = own.get(name);
            if (place == null)
                throw new IllegalArgumentException(module.getClass().getSimpleName() + " has no parameter or buffer '" + name
                        + "'; it has " + own.keySet());
            Tensor other = replaced.putIfAbsent(place, t);
            if (other != null && other != t)
                throw new IllegalArgumentException("'" + name + "' is tied to another name, for which another tensor is given");
        });
        var before = new ArrayList<Runnable>();
        try {
            for (Module m : module.modules()) {
                m.namedParameters(false).forEach((name, t) -> setRule(m, name, replaced.get(t), before));
                m.namedBuffers(false).forEach((name, t) -> setRule(m, name, replaced.get(t), before));
            }
            return module.callAll(inputs);
        } finally {
            before.reversed().forEach(Runnable::run);
        }
    }

    private static void setRule(Module module, String name, @Nullable Tensor tensor, List<Runnable> undo) {
        if (tensor == null) return;
        TensorRule before = module.ruleOrNull(name);
        module.setRule(name, () -> tensor);
        undo.add(() -> module.setRule(name, before));
    }
}
