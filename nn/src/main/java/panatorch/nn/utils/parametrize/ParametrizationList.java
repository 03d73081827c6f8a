package panatorch.nn.utils.parametrize;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.nn.Module;

/**
 * The parametrizations of one tensor, and the tensors from which they compute it: {@code original}, or {@code original0}, {@code original1}
 * … where the first parametrization has several inputs. It is the child {@code parametrizations.NAME} of the parametrized module, and is
 * closed with it.
 */
public final class ParametrizationList extends Module {
    private final boolean parameter;
    private final int originals;

    /**
     * Creates the list of a tensor and takes ownership of it. If this throws, the tensor is unchanged and the caller's.
     *
     * @param parameter whether the tensor is a parameter, and not a buffer
     * @param unsafe whether the parametrization may change type and shape
     */
    ParametrizationList(Module first, Tensor original, boolean parameter, boolean unsafe) {
        this.parameter = parameter;
        registerModule("0", first);
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            List<Tensor> start = start(first, original);
            if (start.isEmpty()) throw new IllegalArgumentException(first + " returned no tensors from rightInverse");
            originals = start.size();
            if (originals == 1) requireLike("rightInverse of the parametrization", original, start.getFirst(), false);
            if (!unsafe) requireLike("the parametrization", original, first.callAll(start).getFirst(), true);
            if (originals == 1) {
                if (start.getFirst() != original) original.setData(start.getFirst().detach());
                register("original", original, original.requiresGrad());
            } else {
                for (int i = 0; i < originals; i++) register("original" + i, start.get(i).detach(), original.requiresGrad());
                original.close();
            }
        }
    }

    private static List<Tensor> start(Module first, Tensor original) {
        if (!(first instanceof RightInverse inverse)) return List.of(original);
        try {
            return inverse.rightInverse(original);
        } catch (UnsupportedOperationException e) {
            return List.of(original); // as Python, where the inverse of some maps is not implemented
        }
    }

    /** Gives the one original to the caller. */
    Tensor disown() {
        return Objects.requireNonNull(unregisterTensor("original"));
    }

    /** Creates a list like {@code from}. The values of its tensors do not matter. */
    ParametrizationList(ParametrizationList from) {
        parameter = from.parameter;
        originals = from.originals;
        from.namedChildren().forEach((name, m) -> registerModule(name, copyOf(m)));
        for (String name : from.names()) register(name, from.original(name).emptyLike(), from.original(name).requiresGrad());
    }

    private void register(String name, Tensor t, boolean requiresGrad) {
        if (parameter) registerParameter(name, t, requiresGrad);
        else registerBuffer(name, t, true);
    }

    private static void requireLike(String what, Tensor original, Tensor t, boolean shape) {
        if (t.dtype() != original.dtype() || !t.device().equals(original.device())
                || shape && !Arrays.equals(t.shape(), original.shape()))
            throw new IllegalArgumentException(what + " makes " + t.describe() + " of " + original.describe() + ". It may not change type, "
                    + "device or shape, unless it is registered as unsafe");
    }

    private List<String> names() {
        return originals == 1 ? List.of("original") : IntStream.range(0, originals).mapToObj(i -> "original" + i).toList();
    }

    private Tensor original(String name) { return parameter ? parameter(name) : buffer(name); }

    /** Returns the tensors from which the value is computed. They stay this list's. */
    public List<Tensor> originals() {
        return names().stream().map(this::original).toList();
    }

    boolean isParameter() { return parameter; }

    /** Computes the parametrized tensor. It belongs to the current scope. */
    public Tensor value() {
        List<Tensor> inputs = originals();
        Tensor x = submodule("0").callAll(inputs).getFirst();
        for (int i = 1; i < namedChildren().size(); i++) x = submodule(Integer.toString(i)).call(x);
        return x;
    }

    /** Adds a parametrization of what the present ones compute. */
    void append(Module next, boolean unsafe) {
        if (!unsafe) try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor before = value(), after = next.call(before);
            requireLike("the parametrization", before, after, true);
            if (next instanceof RightInverse inverse)
                requireLike("rightInverse of the parametrization", before, inverse.rightInverse(after).getFirst(), true);
        }
        registerModule(Integer.toString(namedChildren().size()), next);
    }

    /**
     * Starts the parametrizations anew, so that they compute {@code value} if they can.
     *
     * @throws IllegalArgumentException if the value has another type, device or shape than the tensor
     * @throws UnsupportedOperationException if one of several parametrizations has no {@link RightInverse}
     */
    public void assign(Tensor value) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            List<Tensor> from = List.of(value);
            var all = new ArrayList<>(namedChildren().values());
            for (Module m : all.reversed()) {
                if (!(m instanceof RightInverse inverse))
                    throw new UnsupportedOperationException("the parametrization " + m
                            + " does not implement RightInverse, so no value can be assigned");
                from = inverse.rightInverse(from.getFirst());
            }
            if (from.size() != originals)
                throw new IllegalArgumentException("rightInverse returned " + from.size() + " tensors, and there are " + originals);
            List<Tensor> now = originals();
            for (int i = 0; i < originals; i++) requireLike("rightInverse", now.get(i), from.get(i), true);
            for (int i = 0; i < originals; i++) now.get(i).copy_(from.get(i));
        }
    }
}
