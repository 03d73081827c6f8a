package panatorch.models;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.nn.Hooks;
import panatorch.nn.Module;

/**
 * The outputs of named modules inside a network, after {@code torchvision.models.feature_extraction}.
 *
 * <pre>{@code
 * try (var features = FeatureExtractor.of(resnet, "layer2", "layer4.1.conv2")) {
 *     Map<String, Tensor> maps = features.extract(images);
 * }
 * }</pre>
 *
 * <p>
 * Works for every network that calls these modules by {@link Module#call} or {@link Module#callAll}, as all models of this package do. The
 * network computes all of its output, also what follows the last of the modules. It stays the caller's; the extractor's hooks are removed
 * by {@link #close}. Many threads may extract at once from a network in evaluation mode.
 */
public final class FeatureExtractor implements AutoCloseable {
    private final Module network;
    private final List<String> names;
    private final List<Hooks.Handle> hooks = new ArrayList<>();
    private final ThreadLocal<@Nullable Map<String, Tensor>> current = new ThreadLocal<>();

    private FeatureExtractor(Module network, SequencedMap<String, String> names) {
        this.network = network;
        this.names = List.copyOf(names.values());
        if (names.isEmpty()) throw new IllegalArgumentException("name at least one module");
        var modules = new LinkedHashMap<String, Module>();
        names.forEach((path, name) -> {
            if (modules.put(name, network.submodule(path)) != null)
                throw new IllegalArgumentException("two modules have the name '" + name + "' for their output");
        });
        modules.forEach((name, m) -> hooks.add(m.hooks().afterForward((module, in, out) -> {
            seen(name, out);
            return null;
        })));
    }

    /**
     * Creates an extractor of the outputs of modules, under their own names.
     *
     * @param paths full names of modules, as {@code layer1.0.conv1}
     * @throws IllegalArgumentException if there is no module of a name
     */
    public static FeatureExtractor of(Module network, String... paths) {
        var names = new LinkedHashMap<String, String>();
        for (String path : paths) names.put(path, path);
        return new FeatureExtractor(network, names);
    }

    /**
     * Creates an extractor of the outputs of modules, under other names.
     *
     * @param names names of the outputs by the full names of the modules
     * @throws IllegalArgumentException if there is no module of a name, or two outputs have the same
     */
    public static FeatureExtractor of(Module network, SequencedMap<String, String> names) {
        return new FeatureExtractor(network, names);
    }

    private void seen(String name, List<Tensor> outputs) {
        Map<String, Tensor> found = current.get();
        if (found == null) return;
        // a copy, since the network may change its output in place, as ReLU does after a batch normalisation
        Tensor before = found.put(name, outputs.getFirst().clone().escape());
        if (before != null) before.close();
    }

    /**
     * Calls the network and returns the first output of each module, in the order of the names. They are copies and belong to the current
     * scope; gradients flow through them. Of a module that is called several times, it is the output of the last call.
     *
     * @throws IllegalStateException if the network did not call one of the modules, or the extractor is closed
     */
    public Map<String, Tensor> extract(Tensor input) { return extract(List.of(input)); }

    /** Calls the network with several inputs and returns outputs as {@link #extract(Tensor)} does. */
    public Map<String, Tensor> extract(List<? extends @Nullable Tensor> inputs) {
        if (hooks.isEmpty()) throw new IllegalStateException("this FeatureExtractor is closed");
        var found = new LinkedHashMap<String, Tensor>();
        Map<String, Tensor> outer = current.get();
        try (var scope = Scope.open()) {
            current.set(found);
            try {
                network.callAll(inputs);
            } finally {
                if (outer == null) current.remove();
                else current.set(outer);
                found.values().forEach(scope::adopt);
            }
            var features = new LinkedHashMap<String, Tensor>();
            for (String name : names) {
                Tensor t = found.get(name);
                if (t == null)
                    throw new IllegalStateException("the network did not call '" + name + "' by Module.call, so its output is unknown");
                features.put(name, scope.move(t));
            }
            return Collections.unmodifiableMap(features);
        }
    }

    /** Removes the hooks. The network stays open. */
    @Override public void close() {
        hooks.forEach(Hooks.Handle::close);
        hooks.clear();
    }
}
