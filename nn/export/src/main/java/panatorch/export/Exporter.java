package panatorch.export;

import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.Generator;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.internal.calls.RawValues;
import panatorch.nn.Module;

/**
 * Makes an {@link ExportedProgram} of a module by recording the operators that it calls, as {@code torch.export.export} does in Python,
 * which loads the {@linkplain ExportedProgram#save saved} program.
 *
 * <pre>{@code
 * try (var program = Exporter.of(model.eval()).dynamic(0, 0, "batch", 1, 256).export(images)) {
 *     program.save(Path.of("model.pt2"));
 * }
 * }</pre>
 *
 * <p>
 * Operators are recorded, but not Java's code. A branch is as it was for the examples, and a size is a constant unless it is declared
 * {@link #dynamic}. For those the module is run with inputs of several sizes, made from the examples' values, and each number in the
 * program has to be a sum of products of the sizes. The module must not be used by another thread meanwhile. It keeps its buffers, and the
 * global generator its state.
 *
 * <p>
 * What cannot be recorded is refused with the line of code: reading a tensor's values in Java, results whose shapes depend on values,
 * generators of one's own, calls without gradients within a module that has gradients. An enclosing {@code Autocast} and derivatives of a
 * {@code Function} written in Java are not part of the program.
 */
public final class Exporter {
    private final Module module;
    private final List<DynamicSize> dynamic = new ArrayList<>();
    private List<String> names = List.of();

    /** A size that may differ from run to run. */
    private record DynamicSize(int input, int dim, String name, long min, long max) {}

    private Exporter(Module module) { this.module = module; }

    /** Begins the export of a module in its present mode. */
    public static Exporter of(Module module) { return new Exporter(module); }

    /** Lets a dimension of an input have any size of at least 1; see {@link #dynamic(int, int, String, long, long)}. */
    public Exporter dynamic(int input, int dim, String name) {
        return dynamic(input, dim, name, 1, Long.MAX_VALUE);
    }

    /**
     * Lets a dimension of an input have different sizes. Dimensions of the same name have the same size.
     *
     * @param input number of the input, from 0
     * @param dim number of the dimension, from 0
     * @param min smallest size
     * @param max greatest size; {@code Long.MAX_VALUE} for no limit
     */
    public Exporter dynamic(int input, int dim, String name, long min, long max) {
        if (input < 0 || dim < 0) throw new IllegalArgumentException("input " + input + " and dimension " + dim + " must be 0 or more");
        if (min < 0 || max < min) throw new IllegalArgumentException("the sizes of " + name + " cannot be from " + min + " to " + max);
        dynamic.add(new DynamicSize(input, dim, name, min, max));
        return this;
    }

    /** Names the inputs, as a Python function's parameters; without names they are {@code input}, or {@code input_1} and so on. */
    public Exporter names(String... names) {
        for (String n : names)
            if (!n.matches("[A-Za-z_][A-Za-z_0-9]*")) throw new IllegalArgumentException("'" + n + "' is not a name in Python");
        this.names = List.of(names);
        return this;
    }

    /**
     * Records the module and returns the program, which shares the memory of its parameters and buffers. The caller closes it.
     *
     * @param examples inputs as {@link Module#callAll} takes them; their values matter only to the module's own checks. One that is null is
     * absent in the program, too
     * @throws IllegalArgumentException if the module does something that a program cannot say; the message says what and where
     */
    public ExportedProgram export(@Nullable Tensor... examples) {
        Map<String, DynamicSize> symbols = symbols(examples);
        var inputNames = new LinkedHashMap<Integer, String>();
        for (int i = 0; i < examples.length; i++)
            if (examples[i] != null)
                inputNames.put(i, i < names.size() ? names.get(i) : examples.length == 1 ? "input" : "input_" + (i + 1));
        var sizes = new ArrayList<long[]>();
        symbols.forEach((symbol, d) -> sizes.add(three(d, size(examples, d))));
        List<String> order = List.copyOf(symbols.keySet());
        List<Map<String, Long>> runs = SizeFormulas.recordings(order, sizes);
        Map<String, String> state = stateNames(inputNames.values());
        var recordings = new ArrayList<Recording>();
        try (var scope = Scope.open()) {
            var outputs = new ArrayList<List<Argument>>();
            undone(() -> {
                for (Map<String, Long> run : runs) {
                    try (var own = Scope.open()) {
                        List<@Nullable Tensor> inputs = new ArrayList<>();
                        for (int i = 0; i < examples.length; i++) {
                            Tensor example = examples[i];
                            inputs.add(example == null ? null : resized(example, i, symbols, run));
                        }
                        var recording = new Recording();
                        recordings.add(recording);
                        outputs.add(record(recording, inputs, inputNames, state));
                    }
                }
            });
            var recorded = new RecordedProgram(module, state, List.copyOf(inputNames.values()), order, runs, recordings, outputs);
            symbols.forEach((symbol, d) -> recorded.size(symbol, Objects.requireNonNull(inputNames.get(d.input)), d.dim,
                    new Signature.Range(d.min, d.max)));
            return recorded.program();
        } finally {
            recordings.forEach(Recording::close);
        }
    }

    /** Returns the declared sizes by the symbols that they get in the program, the first of each name. */
    private Map<String, DynamicSize> symbols(@Nullable Tensor[] examples) {
        var byName = new LinkedHashMap<String, DynamicSize>();
        for (DynamicSize d : dynamic) {
            long size = size(examples, d);
            DynamicSize first = byName.putIfAbsent(d.name, d);
            if (first != null && size(examples, first) != size)
                throw new IllegalArgumentException(
                        "the examples have two sizes for '" + d.name + "': " + size(examples, first) + " and " + size);
        }
        var symbols = new LinkedHashMap<String, DynamicSize>();
        for (DynamicSize d : byName.values()) symbols.put("s" + symbols.size(), d);
        return symbols;
    }

    private static long size(@Nullable Tensor[] examples, DynamicSize d) {
        Tensor example = d.input < examples.length ? examples[d.input] : null;
        if (example == null || d.dim >= example.dim())
            throw new IllegalArgumentException("there is no dimension " + d.dim + " of input " + d.input + " for '" + d.name + "'");
        return example.size(d.dim);
    }

    /** Returns three sizes to compare, the example's own first. A size of 1 is left out, as such dimensions are broadcast. */
    private static long[] three(DynamicSize d, long size) {
        long[] sizes = LongStream.of(size, size + 1, size + 3, size + 2, size - 1, size - 2, size - 3, 2, 3, 5)
                .filter(s -> s >= Math.max(2, d.min) && s <= d.max).distinct().limit(3).toArray();
        if (sizes.length < 3)
            throw new IllegalArgumentException("'" + d.name + "' from " + d.min + " to " + d.max
                    + " has fewer than three sizes above 1 near " + size + ", which are needed to find what depends on it");
        return sizes;
    }

    private Tensor resized(Tensor example, int input, Map<String, DynamicSize> symbols, Map<String, Long> run) {
        Tensor t = example.detach().contiguous(); // apart from others that are the same tensor
        for (DynamicSize d : dynamic) {
            if (d.input != input) continue;
            String symbol = symbols.entrySet().stream().filter(e -> e.getValue().name.equals(d.name)).findFirst().orElseThrow().getKey();
            long size = Objects.requireNonNull(run.get(symbol));
            if (t.size(d.dim) != size) t = t.indexSelect(d.dim, Torch.arange(size).remainder(t.size(d.dim)).to(t.device()));
        }
        return t.requiresGrad_(example.requiresGrad());
    }

    /** Returns the names in the graph of the module's parameters and buffers, by their names in the state dict. */
    private Map<String, String> stateNames(Collection<String> inputs) {
        var state = new LinkedHashMap<String, String>();
        module.namedParameters().keySet().forEach(name -> state.put(name, "p_" + name.replaceAll("[^A-Za-z_0-9]", "_")));
        module.namedBuffers().keySet().forEach(name -> state.put(name, "b_" + name.replaceAll("[^A-Za-z_0-9]", "_")));
        var seen = new TreeMap<String, String>();
        state.forEach((full, name) -> {
            String other = seen.put(name, full);
            if (other != null || inputs.contains(name))
                throw new IllegalArgumentException(full + " and " + (other != null ? other : "an input") + " are both " + name
                        + " in a program; rename one of them");
        });
        return state;
    }

    private List<Argument> record(Recording recording, List<@Nullable Tensor> inputs, Map<Integer, String> inputNames,
            Map<String, String> state) {
        var all = new LinkedHashMap<>(module.namedParameters());
        all.putAll(module.namedBuffers());
        all.forEach((name, t) -> {
            if (t.device().type() != Device.Type.CPU)
                throw new IllegalArgumentException("the module is on " + t.device() + "; move it to the CPU to export it");
            recording.know(Objects.requireNonNull(state.get(name)), t);
        });
        inputNames.forEach((i, name) -> recording.know(name, Objects.requireNonNull(inputs.get(i))));
        var outputs = new ArrayList<Argument>();
        RawValues.access().recording(recording, () -> module.callAll(inputs).forEach(t -> outputs.add(recording.result(t))));
        return outputs;
    }

    /** Runs code, and restores the module's buffers and the global generator afterwards. */
    private void undone(Runnable code) {
        var before = new IdentityHashMap<Tensor, Tensor>();
        try (var scope = Scope.open(); var random = Generator.global()) {
            Tensor state = random.state();
            module.namedBuffers().values().forEach(b -> before.put(b, b.clone()));
            try {
                code.run();
            } finally {
                try (var noGrad = NoGrad.enter()) {
                    before.forEach((b, value) -> b.copy_(value));
                }
                random.setState(state);
            }
        }
    }
}
