package panatorch.distributed.fsdp;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.Tensor;
import panatorch.distributed.ProcessGroup;
import panatorch.nn.Module;

/** Divides a model into units: finds for each parameter the unit that gathers it. */
final class Division {
    /** A parameter before it is sharded. */
    private static final class Found {
        final List<String> names = new ArrayList<>();
        final List<Parameter.Place> places = new ArrayList<>();
        Module unit;

        Found(Module unit) { this.unit = unit; }
    }

    private final Module model;
    private final Predicate<? super Module> isUnit;
    private final Map<Tensor, Found> parameters = new IdentityHashMap<>();
    private final List<Tensor> inOrder = new ArrayList<>();
    private final Map<Module, String> unitNames = new IdentityHashMap<>();

    /**
     * @throws IllegalArgumentException if there is no parameter, or one is computed by a rule
     */
    Division(Module model, Predicate<? super Module> isUnit) {
        this.model = model;
        this.isUnit = isUnit;
        model.namedParameters(); // creates none, and refuses those of lazy modules
        visit("", model, model);
        if (inOrder.isEmpty()) throw new IllegalArgumentException(model.getClass().getSimpleName() + " has no parameters to divide");
    }

    private void visit(String prefix, Module m, Module around) {
        Module unit = m != model && isUnit.test(m) ? m : around;
        if (unit == m) unitNames.putIfAbsent(m, prefix.isEmpty() ? "the model" : "'" + prefix.substring(0, prefix.length() - 1) + "'");
        m.namedParameters(false).forEach((name, t) -> {
            if (m.ruleOrNull(name) != null)
                throw new IllegalArgumentException("the parameter '" + prefix + name
                        + "' is computed by a rule, such as a parametrization or a pruning mask, and cannot be divided");
            Found found = parameters.get(t);
            if (found == null) {
                found = new Found(unit);
                parameters.put(t, found);
                inOrder.add(t);
            }
            if (found.unit != unit) found.unit = model; // gathered as long as one of the units may need it
            found.names.add(prefix + name);
            if (found.places.stream().noneMatch(p -> p.module() == m && p.name().equals(name)))
                found.places.add(new Parameter.Place(m, name));
        });
        m.namedChildren().forEach((name, child) -> visit(prefix + name + ".", child, unit));
    }

    /** Returns the names of the units that have parameters. */
    List<String> names() {
        return modules().stream().map(unitNames::get).toList();
    }

    private Found found(Tensor parameter) { return Objects.requireNonNull(parameters.get(parameter)); }

    /** Returns the model, and the modules that are units and have parameters, in the model's order. */
    private List<Module> modules() {
        var all = new ArrayList<>(List.of(model));
        for (Tensor t : inOrder) {
            Module unit = found(t).unit;
            if (all.stream().noneMatch(m -> m == unit)) all.add(unit);
        }
        return all;
    }

    /** Gives all ranks rank 0's tensors, and leaves each rank its rows of the parameters. The first unit is that of the model. */
    List<Unit> shard(ProcessGroup group, FullyShardedDataParallel.Options options) throws InterruptedException {
        var units = new ArrayList<Unit>();
        try {
            for (Module m : modules()) {
                List<Tensor> own = inOrder.stream().filter(t -> found(t).unit == m).toList();
                group.broadcast(0, own);
                var unit = new Unit(Objects.requireNonNull(unitNames.get(m)), m);
                units.add(unit);
                var byType = new LinkedHashMap<DType, List<Tensor>>();
                for (Tensor t : own) byType.computeIfAbsent(t.dtype(), type -> new ArrayList<>()).add(t);
                byType.forEach((type, tensors) -> unit.buckets.add(bucket(unit, tensors, type, group, options)));
            }
            group.broadcast(0, new ArrayList<>(model.namedBuffers().values()));
        } catch (RuntimeException | InterruptedException e) {
            units.forEach(Unit::close);
            throw e;
        }
        return units;
    }

    private Bucket bucket(Unit unit, List<Tensor> tensors, DType type, ProcessGroup group, FullyShardedDataParallel.Options options) {
        DType gathered = orOwn(options.gatherType(), type), reduced = orOwn(options.reduceType(), type);
        var shards = new ArrayList<Parameter>();
        for (Tensor t : tensors) {
            Found found = found(t);
            var p = new Parameter(found.names.getFirst(), t, gathered, group.rank(), group.ranks(), unit.name);
            p.places.addAll(found.places);
            for (Parameter.Place place : p.places) place.module().setRule(place.name(), () -> whole(unit, p));
            shards.add(p);
        }
        return new Bucket(shards, group, gathered, reduced);
    }

    private static DType orOwn(@Nullable DType chosen, DType own) { return chosen == null || !own.isFloatingPoint() ? own : chosen; }

    private static Tensor whole(Unit unit, Parameter p) {
        if (!unit.isWhole())
            throw new IllegalStateException("the parameter '" + p.name + "' is sharded: it is whole only while " + unit.name
                    + " is called by call or callAll. Read all parameters by stateDict(), or this rank's rows by parameters()");
        return p.whole.tensor();
    }

    /** Returns the parameters by all their names in the model. */
    Map<String, Parameter> names(List<Unit> units) {
        var all = new LinkedHashMap<String, Parameter>();
        var byShard = new IdentityHashMap<Tensor, Parameter>();
        for (Unit u : units) for (Parameter p : u.parameters()) byShard.put(p.shard, p);
        for (Tensor t : inOrder) for (String name : found(t).names) all.put(name, byShard.get(t));
        return all;
    }
}
