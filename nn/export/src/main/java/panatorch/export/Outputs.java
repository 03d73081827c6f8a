package panatorch.export;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/**
 * The outputs of a run of an {@link ExportedProgram}: in the structure that Python returns, one after the other, and by name. The tensors
 * belong to the scope in which the program ran, or to the caller if there was none.
 */
public final class Outputs {
    private final List<String> names;
    private final List<@Nullable Object> leaves;
    private final Tree tree;

    Outputs(List<String> names, List<@Nullable Object> leaves, Tree tree) {
        this.names = names;
        this.leaves = Collections.unmodifiableList(leaves);
        this.tree = tree;
    }

    /**
     * Returns all outputs in the signature's order: {@link Tensor}, {@code Long}, {@code Double}, {@code Boolean}, {@code String} or null.
     */
    public List<@Nullable Object> all() {
        return leaves;
    }

    /** Returns the outputs that are tensors, in the signature's order. */
    public List<Tensor> tensors() {
        var tensors = new ArrayList<Tensor>();
        for (Object v : leaves) if (v instanceof Tensor t) tensors.add(t);
        return tensors;
    }

    /**
     * Returns the only tensor.
     *
     * @throws NoSuchElementException if there is none, or more than one
     */
    public Tensor tensor() {
        List<Tensor> tensors = tensors();
        if (tensors.size() != 1) throw new NoSuchElementException("there are " + tensors.size() + " tensors among the outputs " + names);
        return tensors.getFirst();
    }

    /**
     * Returns the tensor at a place in the signature's order.
     *
     * @throws NoSuchElementException if there is no such output, or it is not a tensor
     */
    public Tensor tensor(int i) {
        if (i >= 0 && i < leaves.size() && leaves.get(i) instanceof Tensor t) return t;
        throw new NoSuchElementException("output " + i + " of " + names + " is not a tensor");
    }

    /** Returns the tensor with a name, as {@link #tensor(int)}. */
    public Tensor tensor(String name) {
        if (get(name) instanceof Tensor t) return t;
        throw new NoSuchElementException("the output '" + name + "' is not a tensor");
    }

    /**
     * Returns the output with a name.
     *
     * @throws NoSuchElementException if there is none
     */
    public @Nullable Object get(String name) {
        int i = names.indexOf(name);
        if (i < 0) throw new NoSuchElementException("there is no output '" + name + "' among " + names);
        return leaves.get(i);
    }

    /** Returns the outputs in the structure that Python returns: {@code List}s, {@code Map}s, tensors and other values. */
    public @Nullable Object value() {
        return tree.build(leaves.iterator());
    }
}
