package panatorch.export;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.Device;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.internal.calls.RawValues;
import panatorch.nn.Module;

/**
 * A model that {@code torch.export.save} saved in Python ({@code .pt2}): any architecture, without its Python code. It runs, is
 * differentiated and trained as any module is.
 *
 * <pre>{@code
 * try (var model = ExportedProgram.load(Path.of("bert.pt2")); var scope = Scope.open(); var noGrad = NoGrad.enter()) {
 *     Tensor logits = model.run(Inputs.named("input_ids", ids).and("attention_mask", mask)).tensor("logits");
 * }
 * }</pre>
 *
 * <p>
 * The parameters and buffers are the program's until {@link #close}; their names are Python's, so {@link #stateDict} fits. Outputs belong
 * to the current scope. Other tensors are freed in the very call that needs them last.
 *
 * <p>
 * Dropout and batch normalisation do as they did when the program was exported, which {@link #isTraining} tells, until {@link #train()} or
 * {@link #eval()} says otherwise. In a program that {@code run_decompositions()} has changed, batch normalisation stays as it is.
 *
 * <p>
 * Any number of threads may run a program at the same time, virtual ones too, if none trains or changes it.
 */
public final class ExportedProgram extends StateTree {
    private final ProgramText text;
    /** The text as it was read, for {@link #save}. */
    private final byte[] json;
    private final Compilation compilation;
    private final Map<String, byte[]> extraFiles;
    private final ProgramInterface calls;
    private final State state = new State();
    /** All tensors by their full names, and those of them that the graph takes, by its numbers. */
    private final Map<String, Place> named = new LinkedHashMap<>();
    private final Place[] places;
    /** The tensors that the outputs are written to; null for an output that is not a new value of one. */
    private final @Nullable Place[] written;
    private final @Nullable Place firstFloat;
    private volatile long device;

    /** What a run sees of this program. */
    private final class State implements Frame.State {
        @Override public Tensor tensor(int index) { return places[index].tensor(); }

        @Override public boolean isTraining() { return ExportedProgram.this.isTraining(); }

        @Override public long device() { return device; }
    }

    private ExportedProgram(ProgramText text, byte[] json, Compilation compilation, Map<String, Payloads.Payload> payloads,
            Map<String, byte[]> extraFiles) {
        this.text = text;
        this.json = json;
        this.compilation = compilation;
        this.extraFiles = extraFiles;
        calls = new ProgramInterface(text);
        Map<String, Role> roles = new LinkedHashMap<>();
        payloads.forEach((name, p) -> roles.put(name, p.parameter() ? Role.PARAMETER : Role.BUFFER));
        for (ProgramText.InputSpec i : text.inputs())
            if (i.kind() == ProgramText.InputKind.TEMPORARY_BUFFER || i.kind() == ProgramText.InputKind.CONSTANT_TENSOR)
                roles.put(i.target(), Role.TEMPORARY);
        payloads.forEach((name, p) -> named.put(name, add(name, p.tensor(), Objects.requireNonNull(roles.get(name)))));
        places = compilation.state().stream().map(this::place).toArray(Place[]::new);
        written = text.outputs().stream().map(o -> switch (o.kind()) {
            case BUFFER, PARAMETER -> place(o.target());
            default -> null;
        }).toArray(Place[]::new);
        firstFloat = Arrays.stream(places).filter(p -> p.tensor().dtype().isFloatingPoint()).findFirst().orElse(null);
        setTraining(compilation.exportedInTraining());
    }

    private Place place(String name) {
        Place p = named.get(name);
        if (p == null) throw new IllegalArgumentException("there are no data of '" + name + "'");
        return p;
    }

    /**
     * Loads the program of an archive on the CPU. The weights are mapped, not copied, so nobody may write to the file while it is in use.
     *
     * @throws panatorch.serialize.MalformedFileException if the file is something else, or damaged; the message says what and where
     * @throws UnsupportedProgramException if the program needs operators that are not there; the message lists all of them
     */
    public static ExportedProgram load(Path pt2) throws IOException { return load(pt2, LoadOptions.standard()); }

    /** Loads a program of an archive. */
    public static ExportedProgram load(Path pt2, LoadOptions options) throws IOException {
        try (var file = Pt2File.open(pt2, options)) {
            String model = file.model(options);
            byte[] json = file.text(model);
            ProgramText text = file.program(model, json);
            Requirements requirements = Requirements.of(text);
            if (!requirements.missing().isEmpty()) throw new UnsupportedProgramException(pt2, requirements.missing());
            Map<String, Payloads.Payload> payloads = file.payloads(model, options);
            ExportedProgram program = null;
            try {
                program = make(text, json, requirements, payloads, file);
                file.requireUnchanged();
                if (!options.device().equals(Device.CPU)) program.to(options.device());
                program.rememberDevice(options.device());
                return program;
            } catch (IOException | RuntimeException | Error e) {
                payloads.values().forEach(p -> p.tensor().close());
                if (program != null) program.close();
                throw e;
            }
        }
    }

    private static ExportedProgram make(ProgramText text, byte[] json, Requirements requirements, Map<String, Payloads.Payload> payloads,
            Pt2File file) throws IOException {
        Compilation compilation = null;
        try {
            compilation = new Compilation(text, requirements.operators());
            return new ExportedProgram(text, json, compilation, payloads, file.extraFiles());
        } catch (IOException | RuntimeException e) {
            if (compilation != null) compilation.close();
            if (e instanceof IllegalArgumentException) throw file.malformed("the program is damaged: " + e.getMessage());
            throw e;
        }
    }

    /**
     * Makes a program of its text and tensors, whose memory it shares.
     *
     * @param tensors parameters, buffers and constants by their full names; one that is there under two names is tied
     * @param parameters those that are parameters
     */
    static ExportedProgram of(byte[] json, Map<String, Tensor> tensors, Map<String, Tensor> parameters) {
        try {
            ProgramText text = ProgramReader.read(json, "the recorded program", IOException::new);
            Compilation compilation = new Compilation(text, Requirements.of(text).operators());
            var payloads = new LinkedHashMap<String, Payloads.Payload>();
            var shared = new IdentityHashMap<Tensor, Tensor>();
            var trained = Collections.newSetFromMap(new IdentityHashMap<Tensor, Boolean>());
            trained.addAll(parameters.values());
            tensors.forEach((name, t) -> {
                Tensor own = shared.computeIfAbsent(t, other -> {
                    Tensor view = other.detach().escape();
                    return other.requiresGrad() ? view.requiresGrad_(true) : view;
                });
                payloads.put(name, new Payloads.Payload(own, trained.contains(t)));
            });
            var program = new ExportedProgram(text, json, compilation, payloads, Map.of());
            program.rememberDevice(Device.CPU);
            return program;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void rememberDevice(Device fallback) {
        Device now = places.length == 0 ? fallback : places[0].tensor().device();
        device = RawValues.access().value("Device", now).payload();
    }

    // ---- what it is

    /** Returns the inputs and outputs with their names, types and shapes. */
    public Signature signature() { return calls.signature(); }

    /** Returns the files that were saved beside the program ({@code extra_files}), by their names. */
    public Map<String, byte[]> extraFiles() {
        var copies = new LinkedHashMap<String, byte[]>();
        extraFiles.forEach((name, bytes) -> copies.put(name, bytes.clone()));
        return copies;
    }

    /** Returns the graph as Python code, as {@code exported_program.graph_module.code} does. */
    public String code() {
        return GraphCode.of(text);
    }

    // ---- saving

    /** Writes the program with its present weights to a file that Python's {@code torch.export.load} reads, without extra files. */
    public void save(Path pt2) throws IOException {
        save(pt2, Map.of());
    }

    /**
     * Writes the program with its present weights to a file that Python's {@code torch.export.load} reads. The file appears only once it is
     * complete.
     *
     * @param extraFiles contents by name, which {@link #extraFiles} returns after loading
     * @throws IllegalStateException if the weights are not on the CPU
     */
    public void save(Path pt2, Map<String, byte[]> extraFiles) throws IOException {
        var tensors = new LinkedHashMap<String, Tensor>();
        named.forEach((name, place) -> tensors.put(name, place.tensor()));
        Pt2Writer.write(pt2, json, text, tensors, extraFiles);
    }

    // ---- running

    /**
     * Runs the program.
     *
     * @throws IllegalArgumentException if an input is missing, unknown, or has another type or shape than the program takes; the message
     * names it. Nothing has run then
     * @throws panatorch.TorchException if an operator fails; the message names it, its tensors, and the line of Python code that it comes
     * from
     */
    public Outputs run(Inputs inputs) { return runFlat(calls.flat(inputs)); }

    /** Runs the program on tensors: the inputs that are not constant, in the signature's order. */
    public Outputs run(Tensor... inputs) {
        return runFlat(calls.flat(inputs));
    }

    private Outputs runFlat(@Nullable Object[] inputs) {
        calls.check(inputs, firstFloat == null ? null : firstFloat.tensor().dtype());
        if (places.length > 0 && compilation.hasDevices()) rememberDevice(Device.CPU);
        Graph graph = compilation.graph();
        Frame frame = new Frame(state, graph.slots());
        try {
            for (int i = 0; i < inputs.length; i++) put(frame, graph.inputs()[i], inputs[i]);
            graph.run(frame);
            return outputs(frame, graph.results(), inputs);
        } finally {
            frame.clear();
        }
    }

    private static void put(Frame frame, int slot, @Nullable Object value) {
        switch (value) {
            case Tensor t -> frame.set(slot, t);
            case Boolean b -> frame.set(slot, (boolean) b);
            case Double d -> frame.set(slot, (double) d);
            case Float f -> frame.set(slot, (double) f);
            case Number n -> frame.set(slot, n.longValue());
            case null, default -> {} // a constant
        }
    }

    /** Takes the outputs off the frame. Those that are new values of buffers, parameters or inputs are written there. */
    private Outputs outputs(Frame frame, int[] slots, @Nullable Object[] inputs) {
        var leaves = new ArrayList<@Nullable Object>();
        for (int i = 0; i < slots.length; i++) {
            ProgramText.OutputSpec spec = text.outputs().get(i);
            Object value = spec.value() instanceof Argument.Constant c ? c.value() : frame.take(slots[i]);
            Place place = written[i];
            if (place != null) write(place.tensor(), value, true);
            else switch (spec.kind()) {
                case USER_INPUT -> write((Tensor) Objects.requireNonNull(inputs[calls.inputOf(spec.target())]), value, false);
                case TOKEN -> {}
                default -> leaves.add(value);
            }
        }
        return calls.outputs(leaves);
    }

    private static void write(Tensor to, @Nullable Object value, boolean ofModule) {
        if (!(value instanceof Tensor t)) throw new IllegalArgumentException("the program returns no tensor for the new value of one");
        if (ofModule) {
            try (var noGrad = NoGrad.enter()) {
                to.copy_(t);
            }
        } else {
            to.copy_(t);
        }
        t.close();
    }

    /** Runs the program on its only input that is not constant, and returns its only tensor. */
    @Override public Tensor forward(Tensor input) {
        return run(input).tensor();
    }

    /** Runs the program on the inputs that are not constant, and returns the tensors among its outputs. */
    @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
        return runFlat(calls.flat(inputs.toArray(new Tensor[0]))).tensors();
    }

    /**
     * Makes a program for inference that computes the same faster, on a CPU. It has this program's weights as they are now, in memory of
     * its own where they are changed, and has no gradients.
     *
     * @throws IllegalStateException if this program is in training mode
     */
    public OptimizedProgram optimize(OptimizeOptions options) {
        if (isTraining()) throw new IllegalStateException("an optimised program is one for evaluation; call eval() first");
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            var known = new LinkedHashMap<String, Tensor>();
            for (ProgramText.InputSpec i : text.inputs()) if (!i.target().isEmpty()) known.put(i.name(), place(i.target()).tensor());
            var rewrite = new Rewrite(text, known);
            if (options.constants()) new RemoveNoOps().apply(rewrite);
            if (options.constants()) new FoldConstants().apply(rewrite);
            if (options.batchNorms()) new FoldBatchNorms().apply(rewrite);
            if (options.batchNorms()) new FoldScales().apply(rewrite);
            if (options.attention()) new FuseAttention().apply(rewrite);
            if (options.bfloat16()) new UseBfloat16().apply(rewrite);
            if (options.convolutions()) new PackConvolutions().apply(rewrite);
            if (options.linears()) new MergeLinears().apply(rewrite);
            if (options.linears()) new OneRowLinears().apply(rewrite);
            if (options.linears()) new PackLinears(options.smallestLinear()).apply(rewrite);
            ProgramText faster = rewrite.program();
            var payloads = new LinkedHashMap<String, Payloads.Payload>();
            for (ProgramText.InputSpec i : faster.inputs()) {
                if (i.target().isEmpty()) continue;
                Tensor made = rewrite.added().get(i.target());
                payloads.put(i.target(), new Payloads.Payload(made != null ? made : place(i.target()).tensor().detach().escape(), false));
            }
            rewrite.closeUnused();
            var program = new ExportedProgram(faster, new byte[0], new Compilation(faster, Requirements.of(faster).operators()), payloads,
                    Map.of());
            program.eval();
            program.device = device;
            return new OptimizedProgram(program, rewrite.report());
        }
    }

    // ---- as a module

    @Override protected Module recreate() {
        var copies = new LinkedHashMap<String, Payloads.Payload>();
        var made = new LinkedHashMap<Tensor, Tensor>();
        named.forEach((name, place) -> copies.put(name,
                new Payloads.Payload(made.computeIfAbsent(place.tensor(), t -> t.emptyLike().escape()), place.parameter())));
        Compilation again = new Compilation(text, Requirements.of(text).operators());
        var copy = new ExportedProgram(text, json, again, copies, extraFiles);
        copy.device = device;
        return copy;
    }

    /** Frees the program's tensors and constants. Closing twice is harmless. */
    @Override public void close() {
        super.close();
        compilation.close();
    }
}
