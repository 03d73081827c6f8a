package panatorch.serve;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import panatorch.DType;
import panatorch.Tensor;
import panatorch.export.Signature;
import panatorch.nn.Module;

/**
 * A module or script as a {@link Model}, with declared inputs and outputs.
 *
 * <pre>{@code
 * Model model = Model.of(net.eval()).input("image", DType.FLOAT32, "batch", 3, 32, 32).output("logits", DType.FLOAT32, "batch", 10);
 * }</pre>
 *
 * <p>
 * A dimension is a number, or the name of a size that may differ from call to call; dimensions of one name have the same size. If no output
 * is declared, the module has one, called {@code output}, of unknown shape. The methods return changed copies, which share the module.
 *
 * <p>
 * The module has to stay in evaluation mode, and nobody may change it while it is served. Closing the model closes the module.
 */
public final class ModuleModel implements Model {
    private final Module module;
    private final Signature signature;

    ModuleModel(Module module) {
        this(requireEvaluation(module), new Signature(List.of(), List.of(), Map.of()));
    }

    private ModuleModel(Module module, Signature signature) {
        this.module = module;
        this.signature = signature;
    }

    static Module requireEvaluation(Module module) {
        module.namedModules().forEach((name, m) -> {
            if (m.isTraining())
                throw new IllegalArgumentException((name.isEmpty() ? "the " + m.getClass().getSimpleName() : "'" + name + "'")
                        + " is in training mode, in which answers depend on other requests or on chance; call eval() first");
        });
        return module;
    }

    static long bytes(Tensor t) { return t.numel() * t.dtype().bytes(); }

    /**
     * Declares the next input.
     *
     * @param dims sizes as {@code Integer} or {@code Long}, names of variable sizes as {@code String}; the first is usually the batch size
     */
    public ModuleModel input(String name, DType dtype, Object... dims) {
        return with(join(signature.inputs(), value(name, dtype, dims)), signature.outputs(), signature.symbols());
    }

    /**
     * Declares the next output.
     *
     * @param dims as of an {@link #input}
     */
    public ModuleModel output(String name, DType dtype, Object... dims) {
        return with(signature.inputs(), join(signature.outputs(), value(name, dtype, dims)), signature.symbols());
    }

    /**
     * Limits a variable size; without limits it is at least 1. Call it before the inputs and outputs that have the size.
     *
     * @param name name of the size in {@link #input}
     * @param min smallest size
     * @param max greatest size
     */
    public ModuleModel range(String name, long min, long max) {
        if (min < 0 || max < min) throw new IllegalArgumentException("the size '" + name + "' cannot be from " + min + " to " + max);
        if (signature.symbols().containsKey(name))
            throw new IllegalArgumentException("the size '" + name + "' has a range already; call range before input and output");
        var symbols = new LinkedHashMap<>(signature.symbols());
        symbols.put(name, new Signature.Range(min, max));
        return with(signature.inputs(), signature.outputs(), symbols);
    }

    /**
     * Returns a model that answers with the class probabilities of Monte-Carlo dropout and their uncertainty, as
     * {@link panatorch.nn.dropout.montecarlo.Prediction} has them: {@code mean}, {@code entropy}, {@code expected_entropy},
     * {@code mutual_information}, {@code variation_ratio} and {@code variance}, in float64. The module's first output are logits [batch, C]
     * or [batch, C, …].
     *
     * <p>
     * All passes of all requests of a batch are one batch of {@code samples} · rows. A call changes the modes of the module's layers, so
     * calls take turns, and the module must not be served in another way meanwhile. Answers are random.
     *
     * @param samples number of passes
     */
    public Model monteCarlo(int samples) { return MonteCarloModel.ofProbabilities(module, signature(), samples); }

    /**
     * Returns a model that answers with the {@code mean} and the {@code variance} of the module's first output in Monte-Carlo dropout, in
     * float64, for regression. Otherwise it is as {@link #monteCarlo}. The module has one input.
     *
     * @param samples number of passes
     */
    public Model monteCarloMoments(int samples) {
        return MonteCarloModel.ofMoments(module, signature(), samples);
    }

    private ModuleModel with(List<Signature.Value> inputs, List<Signature.Value> outputs, Map<String, Signature.Range> symbols) {
        var used = new LinkedHashMap<>(symbols);
        for (List<Signature.Value> values : List.of(inputs, outputs))
            for (Signature.Value v : values)
                if (v instanceof Signature.TensorValue t)
                    for (Signature.Dim d : t.dims()) if (d instanceof Signature.Symbol s) used.putIfAbsent(s.name(), s.range());
        return new ModuleModel(module, new Signature(inputs, outputs, used));
    }

    private Signature.Value value(String name, DType dtype, Object... dims) {
        if (Stream.concat(signature.inputs().stream(), signature.outputs().stream()).anyMatch(v -> v.name().equals(name)))
            throw new IllegalArgumentException("there is an input or output '" + name + "' already");
        var all = new ArrayList<Signature.Dim>();
        for (Object d : dims) all.add(switch (d) {
            case String s -> new Signature.Symbol(s, signature.symbols().getOrDefault(s, new Signature.Range(1, Long.MAX_VALUE)));
            case Integer i when i >= 0 -> new Signature.Fixed(i);
            case Long i when i >= 0 -> new Signature.Fixed(i);
            default -> throw new IllegalArgumentException("a dimension of '" + name + "' has to be a size or a name, not " + d);
        });
        return new Signature.TensorValue(name, dtype, List.copyOf(all));
    }

    private static List<Signature.Value> join(List<Signature.Value> some, Signature.Value one) {
        return Stream.concat(some.stream(), Stream.of(one)).toList();
    }

    @Override public Signature signature() {
        return signature.outputs().isEmpty()
                ? new Signature(signature.inputs(), List.of(new Signature.UnknownValue("output")), signature.symbols())
                : signature;
    }

    @Override public List<Tensor> run(List<Tensor> inputs) { return module.callAll(inputs); }

    @Override public long memoryBytes() { return module.weightBytes(); }

    @Override public void close() { module.close(); }
}
