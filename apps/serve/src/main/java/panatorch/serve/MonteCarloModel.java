package panatorch.serve;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import panatorch.DType;
import panatorch.Tensor;
import panatorch.export.Signature;
import panatorch.nn.Module;
import panatorch.nn.Stochastic;
import panatorch.nn.dropout.montecarlo.MonteCarlo;

/** Monte-Carlo dropout as a model: one batch of all passes. Calls take turns, since they change the modes of the module's layers. */
final class MonteCarloModel implements Model {
    private final Module module;
    private final Signature signature;
    private final Function<List<Tensor>, List<Tensor>> sampling;
    private final ReentrantLock turn = new ReentrantLock();

    private MonteCarloModel(Module module, Signature signature, Function<List<Tensor>, List<Tensor>> sampling) {
        if (module.modules().stream().noneMatch(Stochastic.class::isInstance))
            throw new IllegalArgumentException("this " + module.getClass().getSimpleName()
                    + " has no stochastic module such as Dropout, so all samples would be equal");
        this.module = module;
        this.signature = signature;
        this.sampling = sampling;
    }

    static MonteCarloModel ofProbabilities(Module module, Signature s, int samples) {
        MonteCarlo.Options options = MonteCarlo.options(samples).chunk(samples);
        var outputs = List.of(output(s, "mean", false), output(s, "entropy", true), output(s, "expected_entropy", true),
                output(s, "mutual_information", true), output(s, "variation_ratio", true), output(s, "variance", false));
        return new MonteCarloModel(module, new Signature(s.inputs(), outputs, s.symbols()), inputs -> {
            var p = MonteCarlo.predict(module, inputs, options);
            p.logMean().close();
            return List.of(p.mean(), p.entropy(), p.expectedEntropy(), p.mutualInformation(), p.variationRatio(), p.variance());
        });
    }

    static MonteCarloModel ofMoments(Module module, Signature s, int samples) {
        if (s.inputs().size() != 1)
            throw new IllegalArgumentException("moments are of modules with one input, not " + s.inputs().size());
        MonteCarlo.Options options = MonteCarlo.options(samples).chunk(samples);
        var outputs = List.of(output(s, "mean", false), output(s, "variance", false));
        return new MonteCarloModel(module, new Signature(s.inputs(), outputs, s.symbols()), inputs -> {
            var moments = MonteCarlo.moments(module, inputs.getFirst(), options);
            return List.of(moments.mean(), moments.variance());
        });
    }

    /** Describes a statistic of the module's first output, which has all its dimensions or, as an entropy, all but that of the classes. */
    private static Signature.Value output(Signature s, String name, boolean ofClasses) {
        if (!(s.outputs().getFirst() instanceof Signature.TensorValue t)) return new Signature.UnknownValue(name);
        var dims = new ArrayList<>(t.dims());
        if (ofClasses) {
            if (dims.size() < 2)
                throw new IllegalArgumentException("the output '" + t.name() + "' has to be logits [batch, C, …]; call monteCarloMoments "
                        + "for other outputs");
            dims.remove(1);
        }
        return new Signature.TensorValue(name, DType.FLOAT64, List.copyOf(dims));
    }

    @Override public Signature signature() { return signature; }

    @Override public List<Tensor> run(List<Tensor> inputs) {
        turn.lock();
        try {
            return sampling.apply(inputs);
        } finally {
            turn.unlock();
        }
    }

    @Override public long memoryBytes() { return module.weightBytes(); }

    @Override public void close() { module.close(); }
}
