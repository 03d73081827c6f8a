package panatorch.jit;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import panatorch.Tensor;
import panatorch.internal.jit.TracedModule;
import panatorch.nn.Module;

/** The tree of a module's tensors, as a script module has it. */
final class TracedModules {
    private TracedModules() {}

    static TracedModule of(Module module) {
        Set<Tensor> parameters = Collections.newSetFromMap(new IdentityHashMap<>());
        parameters.addAll(module.namedParameters().values());
        var tensors = new LinkedHashMap<String, Tensor>(module.stateDict()); // tied ones under each of their names
        module.namedBuffers().forEach(tensors::putIfAbsent); // those that are not saved
        Map<String, Module> modules = module.namedModules();
        TracedModule root = made(module);
        tensors.forEach((name, tensor) -> {
            TracedModule owner = root;
            int begin = 0;
            for (int dot = name.indexOf('.'); dot >= 0; begin = dot + 1, dot = name.indexOf('.', begin)) {
                Module child = modules.getOrDefault(name.substring(0, dot), module);
                owner = owner.children().computeIfAbsent(name.substring(begin, dot), _ -> made(child));
            }
            (parameters.contains(tensor) ? owner.parameters() : owner.buffers()).put(name.substring(begin), tensor);
        });
        return root;
    }

    private static TracedModule made(Module module) {
        String name = module.getClass().getSimpleName();
        return new TracedModule(name.isEmpty() || !name.chars().allMatch(c -> c < 128) ? "Module" : name, module.isTraining());
    }
}
