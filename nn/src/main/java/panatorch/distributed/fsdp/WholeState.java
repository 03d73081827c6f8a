package panatorch.distributed.fsdp;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.distributed.ProcessGroup;
import panatorch.distributed.checkpoint.Cut;
import panatorch.distributed.checkpoint.Region;
import panatorch.nn.Hooks;
import panatorch.nn.Module;
import panatorch.optim.Optimizer;

/** State dicts of whole parameters, made of the rows of all ranks, and their division when they are loaded. */
final class WholeState implements AutoCloseable {
    /** Optimisers whose step for an element depends on the other elements of its parameter, or of all. */
    private static final Set<String> NOT_BY_ELEMENT = Set.of("LARS", "LAMB", "Adafactor", "Muon", "LBFGS", "SAM");

    private final ProcessGroup group;
    private final Map<String, Parameter> names;
    private final List<Tensor> loading = new ArrayList<>();
    /** Whether state dicts are now those of this rank's rows. */
    private boolean divided;

    /** @param names the parameters by all their names */
    WholeState(ProcessGroup group, Map<String, Parameter> names) {
        this.group = group;
        this.names = names;
    }

    /** Returns a tensor of a whole parameter's shape, in the current scope, from the parts of all ranks. */
    private Tensor gathered(Parameter p, Tensor own) {
        try (var scope = Scope.open(); var off = NoGrad.enter()) {
            Tensor part = own.newZeros(p.part), all = own.newEmpty(group.ranks(), p.part);
            p.copyOwn(own.detach(), part);
            group.allGather(all, part).await();
            Tensor joined = p.joined(all);
            return scope.move(joined.numel() == all.numel() ? joined : joined.clone());
        } catch (InterruptedException e) {
            throw group.interrupted(e);
        }
    }

    // ---- model

    List<Hooks.Handle> attach(Module model) {
        return List.of(model.stateHooks().afterStateDict((m, prefix, state) -> gather(prefix, state)),
                model.stateHooks().beforeLoad((m, prefix, state) -> divide(prefix, state)),
                model.stateHooks().afterLoad(m -> close()));
    }

    private void gather(String prefix, SequencedMap<String, Tensor> state) {
        if (divided) return;
        var made = new IdentityHashMap<Parameter, Tensor>();
        names.forEach((name, p) -> state.computeIfPresent(prefix + name,
                (key, own) -> made.computeIfAbsent(p, parameter -> gathered(parameter, parameter.shard))));
    }

    private void divide(String prefix, SequencedMap<String, Tensor> state) {
        if (divided) return;
        close();
        try (var scope = Scope.open(); var off = NoGrad.enter()) {
            names.forEach((name, p) -> state.computeIfPresent(prefix + name, (key, given) -> {
                Tensor whole = given.detach();
                if (p.shape.length == 0 && whole.dim() == 1 && whole.size(0) == 1) whole = whole.squeeze(0); // before PyTorch 0.4
                p.requireShape(whole);
                Tensor own = p.own(whole).alias().escape();
                loading.add(own);
                return own;
            }));
        }
    }

    // ---- optimiser

    Hooks.Handle attach(Optimizer optimizer) {
        if (NOT_BY_ELEMENT.contains(optimizer.getClass().getSimpleName()))
            throw new IllegalArgumentException(optimizer.getClass().getSimpleName()
                    + " needs whole parameters, but each rank has some of their rows. Take an optimiser that treats each element by "
                    + "itself, such as AdamW or SGD");
        List<Parameter> all = parameters(optimizer);
        var saved = optimizer.afterStateDict(s -> whole(s, all));
        var loaded = optimizer.beforeLoadStateDict(s -> own(s, all));
        return () -> {
            saved.close();
            loaded.close();
        };
    }

    private List<Parameter> parameters(Optimizer optimizer) {
        var byShard = new IdentityHashMap<Tensor, Parameter>();
        names.values().forEach(p -> byShard.put(p.shard, p));
        var all = new ArrayList<Parameter>();
        optimizer.groups().forEach(g -> g.parameters().forEach(t -> {
            if (!(byShard.get(t) instanceof Parameter p))
                throw new IllegalArgumentException("the optimiser has a parameter that is none of the model's: " + t.describe());
            all.add(p);
        }));
        return all;
    }

    /** Returns whether a value of the state of a parameter has an element for each of the parameter's. */
    private static boolean isDivided(String key, Tensor value, long[] shape) {
        return !key.equals("step") && Arrays.equals(value.shape(), shape);
    }

    private Map<String, Object> whole(Map<String, Object> own, List<Parameter> parameters) {
        if (divided) return own;
        return changed(own, parameters,
                (p, key, value) -> value instanceof Tensor t && isDivided(key, t, p.shard.shape()) ? gathered(p, t) : value);
    }

    private Map<String, ?> own(Map<String, ?> whole, List<Parameter> parameters) {
        if (divided) return whole;
        return changed(whole, parameters, (p, key, value) -> value instanceof Tensor t && isDivided(key, t, p.shape) ? p.own(t) : value);
    }

    private interface Change {
        @Nullable Object of(Parameter p, String key, @Nullable Object value);
    }

    /** Changes the states of all parameters. What is no state of an optimiser is left to the optimiser to refuse. */
    @SuppressWarnings("unchecked") private static Map<String, Object> changed(Map<String, ?> state, List<Parameter> parameters,
            Change change) {
        if (!(state.get("state") instanceof Map<?, ?> states) || !(state.get("param_groups") instanceof List<?> groups))
            return (Map<String, Object>) state;
        var indices = new ArrayList<Long>();
        for (Object g : groups)
            if (g instanceof Map<?, ?> m && m.get("params") instanceof List<?> some)
                for (Object i : some) indices.add(i instanceof Number n ? n.longValue() : -1L);
        var all = new TreeMap<Long, Object>();
        states.forEach((index, entries) -> {
            int at = indices.indexOf(((Number) index).longValue());
            if (at < 0 || at >= parameters.size() || !(entries instanceof Map<?, ?> values)) {
                all.put(((Number) index).longValue(), entries);
                return;
            }
            var made = new LinkedHashMap<String, @Nullable Object>();
            values.forEach((key, value) -> made.put((String) key, change.of(parameters.get(at), (String) key, value)));
            all.put(((Number) index).longValue(), made);
        });
        var result = new LinkedHashMap<String, Object>((Map<String, Object>) state);
        result.put("state", all);
        return result;
    }

    // ---- checkpoints of all ranks

    /** Runs code for which state dicts are those of this rank's rows. */
    private <T> T divided(Supplier<T> code) {
        divided = true;
        try {
            return code.get();
        } finally {
            divided = false;
        }
    }

    /** Returns the model's state dict, with pieces in place of this rank's rows. */
    Map<String, Object> pieces(Module model) {
        var all = new LinkedHashMap<String, Object>(divided(model::stateDict));
        names.forEach((name, p) -> all.computeIfPresent(name, (key, own) -> p.piece((Tensor) own)));
        return all;
    }

    /** Returns an optimiser's state dict, with pieces in place of what belongs to this rank's rows. */
    Map<String, Object> pieces(Optimizer optimizer) {
        return changed(divided(optimizer::stateDict), parameters(optimizer),
                (p, key, value) -> value instanceof Tensor t && isDivided(key, t, p.shard.shape()) ? p.piece(t) : value);
    }

    /** Loads a model's state dict, of this rank's rows. */
    void loadDivided(Module model, Map<String, Tensor> state) {
        divided(() -> model.loadStateDict(state));
    }

    void loadDivided(Optimizer optimizer, Map<String, ?> state) {
        divided(() -> {
            optimizer.loadStateDict(state);
            return state;
        });
    }

    /**
     * Returns what this rank needs of the tensors of a checkpoint.
     *
     * @param model key of the model
     * @param optimizers the optimisers by their keys
     */
    Cut cut(String model, Map<String, Optimizer> optimizers) {
        var parameters = new LinkedHashMap<String, List<Parameter>>();
        optimizers.forEach((key, o) -> parameters.put(key, parameters(o)));
        return (path, shape) -> {
            Parameter p = null;
            if (path.size() == 2 && path.getFirst().equals(model)) p = names.get(path.getLast());
            if (path.size() == 4 && path.get(1).equals("state") && parameters.get(path.getFirst()) instanceof List<Parameter> all) {
                int index = Integer.parseInt(path.get(2));
                if (index < all.size() && !path.getLast().equals("step")) p = all.get(index);
            }
            return p != null && shape.equals(LongStream.of(p.shape).boxed().toList()) ? p.region() : Region.whole(shape);
        };
    }

    /** Frees what is left of a load. */
    @Override public void close() {
        loading.forEach(Tensor::close);
        loading.clear();
    }
}
