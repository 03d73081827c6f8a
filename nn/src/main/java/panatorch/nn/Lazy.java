package panatorch.nn;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/**
 * A module that is created at its first call, when the shape of its input is known: PyTorch's {@code LazyLinear}, {@code LazyConv2d},
 * {@code LazyBatchNorm1d} and their like, for any module.
 *
 * <pre>{@code
 * var net = new Sequential(Lazy.of(x -> new Conv2d(x.size(1), 64, 3)), new ReLU(), new Flatten(), Lazy.of(x -> new Linear(x.size(1), 10)));
 * net.call(example);                                                       // creates both, on the example's device
 * var optimizer = new Adam(net.parameters(), Adam.options(1e-3));
 * }</pre>
 *
 * <p>
 * It moves to the device of its first input. From then on its parameters and buffers are this module's own, under the names that they have
 * in the created one, and so is its name in a state dict. Before the first call {@link #parameters}, {@link #stateDict} and
 * {@link #loadStateDict} of a network that contains this module are an {@link IllegalStateException} that names the network's module, so
 * that no optimiser misses parameters. Call a network once before several threads use it.
 */
public final class Lazy extends Module {
    private final Function<Tensor, ? extends Module> factory;
    private transient volatile @Nullable Module created;

    private Lazy(Function<Tensor, ? extends Module> factory) { this.factory = factory; }

    /**
     * Returns a module that is created at its first call.
     *
     * @param factory creates the module for the input of the first call, which it only looks at
     */
    public static Lazy of(Function<Tensor, ? extends Module> factory) {
        return new Lazy(factory);
    }

    /** Returns whether the module was created. */
    public boolean isCreated() { return created != null; }

    /**
     * Returns the created module, whose tensors are this module's.
     *
     * @throws IllegalStateException if this module was not called yet
     */
    public Module created() {
        Module m = created;
        if (m == null)
            throw new IllegalStateException("a lazy module has no tensors before its first call; call the network once with an example");
        return m;
    }

    private Module create(Tensor input) {
        Module m = created;
        if (m != null) return m;
        synchronized (this) {
            m = created;
            if (m == null) {
                m = factory.apply(input);
                m.to(input.device()).train(isTraining());
                take(m);
            }
            return m;
        }
    }

    private void take(Module m) {
        m.ownParameters().forEach((name, t) -> registerParameter(name, t, t != null && t.requiresGrad()));
        m.ownBuffers().forEach((name, t) -> registerBuffer(name, t, m.isPersistent(name)));
        m.namedChildren().forEach(this::registerModule);
        created = m;
    }

    @Override public Tensor forward(Tensor input) { return create(input).forward(input); }

    @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
        Tensor first = inputs.isEmpty() ? null : inputs.getFirst();
        if (first == null) throw new IllegalArgumentException("a lazy module is created for its first input, which is absent");
        return create(first).forwardAll(inputs);
    }

    @Override void requireTensors() { created(); }

    @Override void putTensors(String prefix, Map<String, Tensor> all) {
        requireTensors();
        super.putTensors(prefix, all);
    }

    @Override protected void replacing(String name, @Nullable Tensor tensor) {
        Module m = created();
        if (m.ownParameters().containsKey(name)) m.setParameter(name, tensor);
        else m.setBuffer(name, tensor);
    }

    @Override protected void requireRules(String name) {
        throw new UnsupportedOperationException("a lazy module's own rules are not used; set them on created()");
    }

    @Override protected void replacingChild(String name, Module module) {
        throw new UnsupportedOperationException("a child of a lazy module cannot be replaced; replace the lazy module itself");
    }

    @Override protected void modeChanged(boolean training) {
        Module m = created;
        if (m != null) m.setTraining(training);
    }

    @Override protected Module recreate() {
        var copy = new Lazy(factory);
        Module m = created;
        if (m != null) copy.take(m.recreate());
        return copy;
    }

    @Override protected String describe() {
        Module m = created;
        return m == null ? "not created yet" : m.toString();
    }
}
