package panatorch.nn;

import java.util.List;
import java.util.SequencedMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import panatorch.Tensor;

/**
 * Hooks of a module on state dicts: callbacks in {@link Module#stateDict} and {@link Module#loadStateDict} of the module itself or of one
 * around it.
 *
 * <pre>{@code
 * // weights from before a layer was renamed
 * network.stateHooks().beforeLoad((module, prefix, state) -> {
 *     Tensor old = state.remove(prefix + "classifier.weight");
 *     if (old != null) state.put(prefix + "fc.weight", old);
 * });
 * }</pre>
 *
 * <p>
 * Hooks of a module are called in the order in which they were added; before a load, outer modules come first, and otherwise last.
 * {@link Module#copyOf} leaves hooks out.
 */
public final class StateHooks {
    StateHooks() {}

    /** Called with all entries of the outermost module, which it may change. Those of {@code module} begin with {@code prefix}. */
    @FunctionalInterface
    public interface OnState {
        void call(Module module, String prefix, SequencedMap<String, Tensor> state);
    }

    /**
     * Called with the full names that a state dict lacks and those that it has in excess. What the hook removes from these lists is no
     * error and is not reported.
     */
    @FunctionalInterface
    public interface OnNames {
        void call(Module module, List<String> missing, List<String> unexpected);
    }

    private final List<OnState> saved = new CopyOnWriteArrayList<>(), loading = new CopyOnWriteArrayList<>();
    private final List<OnNames> compared = new CopyOnWriteArrayList<>();
    private final List<Consumer<? super Module>> loaded = new CopyOnWriteArrayList<>();

    /** Adds a hook on the state dict that is returned: PyTorch's {@code register_state_dict_post_hook}. */
    public Hooks.Handle afterStateDict(OnState hook) {
        return Hooks.add(saved, hook);
    }

    /** Adds a hook on a copy of the state dict that is loaded: PyTorch's {@code register_load_state_dict_pre_hook}. */
    public Hooks.Handle beforeLoad(OnState hook) {
        return Hooks.add(loading, hook);
    }

    /**
     * Adds a hook on missing and unexpected names, before they are errors and before anything is loaded. In Python
     * {@code register_load_state_dict_post_hook} is for this too.
     */
    public Hooks.Handle onNames(OnNames hook) { return Hooks.add(compared, hook); }

    /** Adds a hook after all values are loaded: PyTorch's {@code register_load_state_dict_post_hook}. */
    public Hooks.Handle afterLoad(Consumer<? super Module> hook) {
        return Hooks.add(loaded, hook);
    }

    void saved(Module module, String prefix, SequencedMap<String, Tensor> state) { saved.forEach(h -> h.call(module, prefix, state)); }

    void loading(Module module, String prefix, SequencedMap<String, Tensor> state) { loading.forEach(h -> h.call(module, prefix, state)); }

    void compared(Module module, List<String> missing, List<String> unexpected) {
        compared.forEach(h -> h.call(module, missing, unexpected));
    }

    void loaded(Module module) { loaded.forEach(h -> h.accept(module)); }
}
