package panatorch.nn.utils.prune;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.nn.Module;
import panatorch.nn.TensorRule;
import panatorch.nn.utils.ConvertParameters;

/**
 * Pruning of parameters, after {@code torch.nn.utils.prune}: the module computes with the parameter times a mask of zeros and ones.
 *
 * <pre>{@code
 * Prune.l1Unstructured(layer, "weight", 0.3);               // the 30 % of smallest absolute value are zero
 * Prune.lnStructured(layer, "weight", 1L, 2, 0);            // and the output channel of the smallest length
 * Prune.remove(layer, "weight");                            // for good
 * }</pre>
 *
 * <p>
 * In state dicts the parameter becomes {@code weight_orig}, the same object as before, so an optimiser keeps it; {@code weight_mask} is a
 * buffer. A further pruning chooses among what is left. {@link Module#copyOf} copies pruned modules.
 */
public final class Prune {
    private Prune() {}

    /**
     * One parameter of a module.
     *
     * @param module module that has it
     * @param name its name in the module
     */
    public record Target(Module module, String name) {
        Tensor value() { return module.parameter(name); }

        String describe() { return "'" + name + "' of " + module.getClass().getSimpleName(); }
    }

    private record Rule(Module module, String name) implements TensorRule {
        @Override public Tensor value() {
            Tensor original = module.parameter(name + "_orig"), mask = module.buffer(name + "_mask");
            return mask.to(original.dtype()).mul(original);
        }

        @Override public void setIn(Module copy) {
            Tensor original = Objects.requireNonNull(copy.unregisterTensor(name));
            copy.registerBuffer(name + "_mask", original.detach().zerosLike(), true);
            copy.registerParameter(name + "_orig", original, original.requiresGrad());
            copy.setRule(name, new Rule(copy, name));
        }
    }

    /** Makes a parameter ready to be pruned, with a mask of ones. */
    public static <M extends Module> M identity(M module, String name) {
        return apply(module, name, PruningMethod.identity(), null);
    }

    /** Prunes a part of a parameter's elements at random: see {@link PruningMethod#randomUnstructured(double)}. */
    public static <M extends Module> M randomUnstructured(M module, String name, double amount) {
        return apply(module, name, PruningMethod.randomUnstructured(amount), null);
    }

    /** Prunes a number of a parameter's elements at random: see {@link PruningMethod#randomUnstructured(long)}. */
    public static <M extends Module> M randomUnstructured(M module, String name, long amount) {
        return apply(module, name, PruningMethod.randomUnstructured(amount), null);
    }

    /** Prunes the part of a parameter's elements whose absolute values are the smallest. */
    public static <M extends Module> M l1Unstructured(M module, String name, double amount) {
        return apply(module, name, PruningMethod.l1Unstructured(amount), null);
    }

    /** Prunes the number of a parameter's elements whose absolute values are the smallest. */
    public static <M extends Module> M l1Unstructured(M module, String name, long amount) {
        return apply(module, name, PruningMethod.l1Unstructured(amount), null);
    }

    /** Prunes a part of a parameter's channels at random: see {@link PruningMethod#randomStructured(double, long)}. */
    public static <M extends Module> M randomStructured(M module, String name, double amount, long dim) {
        return apply(module, name, PruningMethod.randomStructured(amount, dim), null);
    }

    /** Prunes a number of a parameter's channels at random: see {@link PruningMethod#randomStructured(long, long)}. */
    public static <M extends Module> M randomStructured(M module, String name, long amount, long dim) {
        return apply(module, name, PruningMethod.randomStructured(amount, dim), null);
    }

    /**
     * Prunes the part of a parameter's channels whose norms are the smallest: see {@link PruningMethod#lnStructured(double, double, long)}.
     */
    public static <M extends Module> M lnStructured(M module, String name, double amount, double n, long dim) {
        return apply(module, name, PruningMethod.lnStructured(amount, n, dim), null);
    }

    /**
     * Prunes the number of a parameter's channels whose norms are the smallest: see {@link PruningMethod#lnStructured(long, double, long)}.
     */
    public static <M extends Module> M lnStructured(M module, String name, long amount, double n, long dim) {
        return apply(module, name, PruningMethod.lnStructured(amount, n, dim), null);
    }

    /** Prunes a parameter where {@code mask}, which stays the caller's, is 0. */
    public static <M extends Module> M customFromMask(M module, String name, Tensor mask) {
        return apply(module, name, PruningMethod.customFromMask(mask), null);
    }

    /**
     * Prunes a parameter.
     *
     * @param importance importance of each element, by which the method chooses; null for the parameter's values
     * @return {@code module}
     * @throws IllegalArgumentException if the module has no such parameter, or {@code importance} another shape. The module is unchanged
     * then
     */
    public static <M extends Module> M apply(M module, String name, PruningMethod method, @Nullable Tensor importance) {
        boolean again = isPruned(module, name);
        if (!again && module.ruleOrNull(name) != null)
            throw new IllegalArgumentException(new Target(module, name).describe() + " is computed by a parametrization. Remove the "
                    + "parametrization first");
        if (!again) module.setRule(name, null); // an error where rules have no effect, as in scripts, while nothing has changed
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor value = module.parameter(name), scores = importance == null ? value : importance;
            if (!Arrays.equals(scores.shape(), value.shape()))
                throw new IllegalArgumentException("the importance is " + scores.describe() + ", and "
                        + new Target(module, name).describe() + " is " + value.describe());
            if (again) {
                Tensor before = module.buffer(name + "_mask");
                before.copy_(method.combined(scores.detach(), before));
                return module;
            }
            Tensor mask = method.mask(scores.detach(), value.detach().onesLike()).detach().clone();
            module.unregisterTensor(name);
            module.registerParameter(name + "_orig", value, value.requiresGrad());
            module.registerBuffer(name + "_mask", mask, true);
            module.setRule(name, new Rule(module, name));
        }
        return module;
    }

    /** Prunes elements of several parameters, chosen among all of them: see {@link #globalUnstructured(List, PruningMethod, List)}. */
    public static void globalUnstructured(List<Target> parameters, PruningMethod method) {
        globalUnstructured(parameters, method, null);
    }

    /**
     * Prunes elements of several parameters, chosen among all of them.
     *
     * @param method method of the kind {@link PruningMethod.Kind#UNSTRUCTURED}; an amount is a part or number of all elements together
     * @param importance importance of each parameter's elements, in the order of {@code parameters}; null for their values, as is an
     * element
     * @throws IllegalArgumentException if the method is of another kind
     */
    public static void globalUnstructured(List<Target> parameters, PruningMethod method, @Nullable List<@Nullable Tensor> importance) {
        if (method.kind() != PruningMethod.Kind.UNSTRUCTURED)
            throw new IllegalArgumentException("only methods of the kind UNSTRUCTURED prune several parameters together, not "
                    + method.kind());
        if (importance != null && importance.size() != parameters.size())
            throw new IllegalArgumentException("there are " + parameters.size() + " parameters, and importance of " + importance.size());
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            var scores = new ArrayList<Tensor>();
            var masks = new ArrayList<Tensor>();
            for (int i = 0; i < parameters.size(); i++) {
                Target p = parameters.get(i);
                Tensor value = p.value(), given = importance == null ? null : importance.get(i);
                scores.add(given == null ? value : given);
                masks.add(isPruned(p.module, p.name) ? p.module.buffer(p.name + "_mask") : value.onesLike());
            }
            Tensor all = method.combined(ConvertParameters.parametersToVector(scores), ConvertParameters.parametersToVector(masks));
            long from = 0;
            for (Target p : parameters) {
                Tensor value = p.value();
                customFromMask(p.module, p.name, all.narrow(0, from, value.numel()).viewAs(value));
                from += value.numel();
            }
        }
    }

    /**
     * Ends the pruning of a parameter, whose pruned elements are zero from then on and may be trained again.
     *
     * @return {@code module}
     * @throws IllegalArgumentException if it is not pruned
     */
    public static <M extends Module> M remove(M module, String name) {
        if (!isPruned(module, name))
            throw new IllegalArgumentException(new Target(module, name).describe() + " is not pruned, so there is nothing to remove");
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor value = module.parameter(name).detach();
            module.setRule(name, null);
            Tensor original = Objects.requireNonNull(module.unregisterTensor(name + "_orig"));
            Objects.requireNonNull(module.unregisterTensor(name + "_mask")).close();
            original.setData(value);
            module.registerParameter(name, original, original.requiresGrad());
        }
        return module;
    }

    /** Returns whether a parameter of the module, or of any inside, is pruned. */
    public static boolean isPruned(Module module) {
        return module.modules().stream().anyMatch(m -> m.namedParameters(false).keySet().stream()
                .anyMatch(key -> key.endsWith("_orig") && isPruned(m, key.substring(0, key.length() - "_orig".length()))));
    }

    /** Returns whether the module's own parameter of that name is pruned. */
    public static boolean isPruned(Module module, String name) {
        return module.ruleOrNull(name) instanceof Rule;
    }
}
