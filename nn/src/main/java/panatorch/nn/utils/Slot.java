package panatorch.nn.utils;

import java.util.Arrays;
import java.util.List;
import panatorch.Tensor;

/**
 * Tensors that live from step to step: the hidden state of a recurrent network, the state of an environment, a running mean.
 *
 * <pre>{@code
 * try (var state = new Slot(Torch.zeros(1, 8, 32), Torch.zeros(1, 8, 32))) {
 *     for (Tensor batch : batches) try (var scope = Scope.open()) {
 *         var r = lstm.forward(batch, state.get(0), state.get(1));
 *         …
 *         state.set(r.hidden().detach(), r.cell().detach());     // they outlive the scope, and the ones before are freed
 *     }
 * }
 * }</pre>
 *
 * <p>
 * A slot owns the tensors that it was given last, whatever scope they were made in, and frees them when it gets others or is closed. So it
 * must not be given tensors of a module. It belongs to one thread at a time.
 */
public final class Slot implements AutoCloseable {
    private List<Tensor> tensors = List.of();

    /** Creates a slot with its first tensors. */
    public Slot(Tensor... initial) { set(initial); }

    /**
     * Returns the tensor, which stays the slot's.
     *
     * @throws IllegalStateException if there is not exactly one
     */
    public Tensor get() {
        if (tensors.size() != 1) throw new IllegalStateException("the slot has " + tensors.size() + " tensors; say which by get(i)");
        return tensors.getFirst();
    }

    /**
     * Returns a tensor, which stays the slot's.
     *
     * @param i its index among the arguments of {@link #set}
     */
    public Tensor get(int i) { return tensors.get(i); }

    /** Returns the number of tensors. */
    public int size() { return tensors.size(); }

    /** Takes tensors over, and frees those before that are not among them. They may still have a graph; {@code detach} ends it. */
    public void set(Tensor... next) {
        List<Tensor> before = tensors;
        tensors = Arrays.stream(next).map(Tensor::escape).toList();
        for (Tensor t : before) if (tensors.stream().noneMatch(kept -> kept == t)) t.close();
    }

    /** Frees the tensors. Closing twice is harmless. */
    @Override public void close() { set(); }
}
