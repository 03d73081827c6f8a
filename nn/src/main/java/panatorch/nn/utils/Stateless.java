package panatorch.nn.utils;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.NoGrad;
import panatorch.Scope;
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

    /**
     * The parameters and buffers of several modules, stacked along a new dimension 0. The tensors belong to the scope in which they were
     * made.
     */
    public record ModuleState(Map<String, Tensor> parameters, Map<String, Tensor> buffers) {}

    /**
     * Stacks the parameters and buffers of modules of one architecture, after {@code torch.func.stack_module_state}: an ensemble that
     * {@code vmap} computes as one module.
     *
     * <pre>{@code
     * var state = Stateless.stackModuleState(models);
     * Tensor all = Func.vmap((Map<String, Tensor> p, Tensor in) -> Stateless.functionalCall(models.getFirst(), p, in),
     *         o -> o.inDims(0, null)).apply(state.parameters(), x);           // [models, N, classes]
     * }</pre>
     *
     * @return copies; the parameters are leaves that require gradients as those of the modules do
     * @throws IllegalArgumentException if there is no module, or they differ in class, names, mode, or in what requires gradients
     */
    public static ModuleState stackModuleState(List<? extends Module> modules) {
        if (modules.isEmpty()) throw new IllegalArgumentException("there must be at least one module to stack");
        Module first = modules.getFirst();
        for (Module m : modules) {
            if (m.getClass() != first.getClass())
                throw new IllegalArgumentException(
                        "modules to stack must be of one class, but there are " + first.getClass().getSimpleName()
                                + " and " + m.getClass().getSimpleName());
            if (m.isTraining() != first.isTraining())
                throw new IllegalArgumentException("modules to stack must all be in train mode or all in eval mode");
        }
        return new ModuleState(stacked(modules.stream().map(Module::namedParameters).toList()),
                stacked(modules.stream().map(Module::namedBuffers).toList()));
    }

    private static Map<String, Tensor> stacked(List<Map<String, Tensor>> each) {
        var stacked = new LinkedHashMap<String, Tensor>();
        for (String name : each.getFirst().keySet()) {
            var tensors = new ArrayList<Tensor>();
            for (var tensorsByName : each) {
                Tensor t = tensorsByName.get(name);
                if (t == null || tensorsByName.size() != each.getFirst().size())
                    throw new IllegalArgumentException(
                            "modules to stack must have the same names, but " + each.getFirst().keySet() + " and "
                                    + tensorsByName.keySet() + " differ");
                tensors.add(t);
            }
            boolean required = tensors.getFirst().requiresGrad();
            if (tensors.stream().anyMatch(t -> t.requiresGrad() != required))
                throw new IllegalArgumentException("either all or none of the tensors '" + name + "' must require gradients");
            try (var scope = Scope.open(); var off = NoGrad.enter()) {
                stacked.put(name, scope.move(Aten.stack(tensors).requiresGrad_(required)));
            }
        }
        return stacked;
    }
}
