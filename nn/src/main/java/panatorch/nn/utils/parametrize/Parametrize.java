package panatorch.nn.utils.parametrize;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.nn.Module;
import panatorch.nn.ModuleDict;
import panatorch.nn.TensorRule;

/**
 * Parametrizations: modules that compute a parameter or buffer of another module at each use, after {@code torch.nn.utils.parametrize}.
 *
 * <pre>{@code
 * final class Symmetric extends Module {
 *     public Tensor forward(Tensor x) { return x.triu().add(x.triu(1).mT()); }
 *
 *     protected Module recreate() { return new Symmetric(); }
 * }
 * var layer = new Linear(3, 3);
 * Parametrize.registerParametrization(layer, "weight", new Symmetric());
 * Tensor symmetric = layer.weight();
 * }</pre>
 *
 * <p>
 * The tensor moves to {@code parametrizations.weight.original}, its name in state dicts from then on; it stays the same object, so an
 * optimiser keeps it. What is computed belongs to the scope in which it is used. The parametrization becomes a child of the module, and is
 * closed with it. {@link Module#copyOf} copies parametrized modules. Ready-made parametrizations are in
 * {@code panatorch.nn.utils.parametrizations}.
 */
public final class Parametrize {
    private Parametrize() {}

    private static final String CHILD = "parametrizations";

    /** The rule by which a module computes a parametrized tensor. */
    private record Rule(String name, ParametrizationList list) implements TensorRule {
        @Override public Tensor value() { return Cached.value(list); }

        @Override public void setIn(Module copy) {
            Objects.requireNonNull(copy.unregisterTensor(name)).close();
            install(copy, name, new ParametrizationList(list));
        }
    }

    /**
     * Registers a parametrization, which takes one input or, if it implements {@link RightInverse}, as many as that returns tensors. If the
     * tensor is parametrized already, this one is applied to what the others compute.
     *
     * @param name name of one of the module's own parameters or buffers
     * @param parametrization module that computes the tensor; it gets the mode of {@code module}
     * @return {@code module}
     * @throws IllegalArgumentException if there is no such tensor, it is pruned, or the parametrization changes its type or shape. The
     * module is unchanged then, and the parametrization is the caller's
     */
    public static <M extends Module> M registerParametrization(M module, String name, Module parametrization) {
        return registerParametrization(module, name, parametrization, false);
    }

    /**
     * Registers a parametrization as {@link #registerParametrization(Module, String, Module)} does.
     *
     * @param unsafe whether the parametrization may change type and shape, which are not checked then
     */
    public static <M extends Module> M registerParametrization(M module, String name, Module parametrization, boolean unsafe) {
        parametrization.train(module.isTraining());
        ParametrizationList list = find(module, name);
        if (list != null) {
            list.append(parametrization, unsafe);
            return module;
        }
        if (module.ruleOrNull(name) != null)
            throw new IllegalArgumentException("'" + name + "' of " + module.getClass().getSimpleName()
                    + " is computed already, as a pruned weight is. Remove the pruning first");
        module.setRule(name, null); // an error where rules have no effect, as in scripts, while nothing has changed
        Tensor parameter = module.parameterOrNull(name), original = parameter != null ? parameter : module.bufferOrNull(name);
        if (original == null)
            throw new IllegalArgumentException(module.getClass().getSimpleName() + " has no parameter or buffer '" + name
                    + "' to parametrize; it has " + module.stateDict().keySet());
        list = new ParametrizationList(parametrization, original, parameter != null, unsafe);
        module.unregisterTensor(name);
        install(module, name, list);
        return module;
    }

    private static void install(Module module, String name, ParametrizationList list) {
        if (!module.namedChildren().containsKey(CHILD)) module.registerModule(CHILD, new ModuleDict());
        ((ModuleDict) module.submodule(CHILD)).put(name, list);
        module.setRule(name, new Rule(name, list));
    }

    private static @Nullable ParametrizationList find(Module module, String name) {
        return module.ruleOrNull(name) instanceof Rule rule ? rule.list : null;
    }

    /** Returns whether a tensor of the module itself is parametrized. */
    public static boolean isParametrized(Module module) {
        return module.namedChildren().get(CHILD) instanceof ModuleDict;
    }

    /** Returns whether the module's own tensor of that name is parametrized. */
    public static boolean isParametrized(Module module, String name) {
        return find(module, name) != null;
    }

    /**
     * Returns the parametrizations of a tensor, Python's {@code module.parametrizations.weight}. They stay the module's.
     *
     * @throws IllegalArgumentException if it is not parametrized
     */
    public static ParametrizationList parametrizations(Module module, String name) {
        ParametrizationList list = find(module, name);
        if (list == null)
            throw new IllegalArgumentException("'" + name + "' of " + module.getClass().getSimpleName() + " is not parametrized. Call "
                    + "registerParametrization first");
        return list;
    }

    /**
     * Removes all parametrizations of a tensor and closes them. The tensor keeps what they compute.
     *
     * @return {@code module}
     * @throws IllegalArgumentException if it is not parametrized
     */
    public static <M extends Module> M removeParametrizations(M module, String name) {
        return removeParametrizations(module, name, true);
    }

    /**
     * Removes all parametrizations of a tensor and closes them. The tensor is the object that was registered before, unless it was
     * parametrized by several; an optimiser has to be told of it then.
     *
     * @param leaveParametrized whether the tensor keeps what the parametrizations compute; if not, it gets the value of {@code original}
     * @return {@code module}
     * @throws IllegalArgumentException if it is not parametrized, or shall get the value of one original and has several
     */
    public static <M extends Module> M removeParametrizations(M module, String name, boolean leaveParametrized) {
        ParametrizationList list = parametrizations(module, name);
        boolean one = list.originals().size() == 1;
        if (!one && !leaveParametrized)
            throw new IllegalArgumentException("'" + name + "' is computed from " + list.originals().size()
                    + " tensors, so it cannot get the value of one. Remove its parametrizations with leaveParametrized = true");
        boolean requiresGrad = list.originals().stream().anyMatch(Tensor::requiresGrad);
        Tensor tensor;
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor value = leaveParametrized ? list.value().detach() : null;
            tensor = one ? list.disown() : scope.move(Objects.requireNonNull(value).clone());
            if (one && value != null) tensor.setData(value.clone());
        }
        module.setRule(name, null);
        if (list.isParameter()) module.registerParameter(name, tensor, requiresGrad);
        else module.registerBuffer(name, tensor, true);
        Module all = module.submodule(CHILD);
        all.unregisterModule(name).close();
        if (all.namedChildren().isEmpty()) module.unregisterModule(CHILD);
        return module;
    }

    /**
     * Keeps what parametrizations compute on this thread until {@link Cached#close}, so that a tensor that is used several times is
     * computed once, as a recurrent layer's in every step. Values do not follow changes of the originals meanwhile.
     *
     * <pre>{@code
     * try (var cache = Parametrize.cached()) {
     *     for (Tensor x : sequence) state = cell.call(x, state);
     * }
     * }</pre>
     */
    public static Cached cached() {
        return new Cached();
    }
}
