package panatorch.export;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.TorchException;
import panatorch.internal.compiled.CompiledRunner;
import panatorch.serialize.Reading;

/**
 * A model that AOTInductor compiled to native code in Python, for inference on the CPU.
 *
 * <pre>{@code
 * try (var model = CompiledProgram.load(Path.of("bert.pt2")); var scope = Scope.open()) {
 *     Tensor logits = model.run(Inputs.named("input_ids", ids).and("attention_mask", mask)).tensor("logits");
 * }
 * }</pre>
 *
 * <p>
 * <b>A compiled program is code.</b> It runs in this process with all its rights, from the moment it is loaded. Load only what you trust as
 * you trust a library. What surrounds the code in the archive is checked, and damage to it is an exception; damage to the code itself may
 * end the process.
 *
 * <p>
 * The code does not check its inputs, so this class does, by the exported program in the same archive ({@code package_pt2(path,
 * exported_programs={"model": program}, aoti_files={"model": files})}) or else by the source text that
 * {@code torch._inductor.aoti_compile_and_package} puts there. The text has no names for inputs by position, which are {@code in0} and so
 * on then, and says nothing about the types of outputs. An input in another memory layout than that of the example is copied, so what the
 * code writes to it is lost if only the source text is there.
 *
 * <p>
 * Outputs belong to the current scope and require no gradient. Any number of threads may run a program at the same time, virtual ones too;
 * as many as it has runners do so at once. The number of processor threads is a part of the code: compile it for a server after
 * {@code torch.set_num_threads(1)}. Buffers that the model changes are shared by all callers. AOTInductor makes scalars and rows of at most
 * 8 elements constants of the code, even if the model changes them.
 *
 * <p>
 * The library is unpacked to {@code java.io.tmpdir} and deleted once it is loaded.
 */
public final class CompiledProgram implements AutoCloseable {
    private final ProgramInterface calls;
    private final ProgramText text;
    private final List<InputLayout> layouts;
    private final CompiledRunner runner;
    private final Map<String, String> metadata;
    private final Map<String, byte[]> extraFiles;
    /** The outputs that callers get. */
    private final List<Argument> returned;

    private CompiledProgram(ProgramText text, ProgramInterface calls, List<InputLayout> layouts, CompiledRunner runner,
            Map<String, String> metadata, Map<String, byte[]> extraFiles) {
        this.text = text;
        this.calls = calls;
        this.layouts = layouts;
        this.runner = runner;
        this.metadata = metadata;
        this.extraFiles = extraFiles;
        returned = text.outputs().stream().filter(o -> ProgramInterface.isReturned(o.kind())).map(ProgramText.OutputSpec::value).toList();
    }

    /**
     * Loads the compiled model of an archive.
     *
     * @throws panatorch.serialize.MalformedFileException if the file is something else, or damaged; the message says what and where
     * @throws UnsupportedProgramException if the code is for another device, platform or processor, or needs operators that are not there
     */
    public static CompiledProgram load(Path pt2) throws IOException { return load(pt2, CompiledOptions.standard()); }

    /** Loads a compiled model of an archive. */
    public static CompiledProgram load(Path pt2, CompiledOptions options) throws IOException {
        try (var file = Pt2File.open(pt2, LoadOptions.standard().reading(Reading.MAPPED))) {
            CompiledFiles files = file.compiled(options);
            Map<String, String> metadata = files.metadata();
            CompiledSource source = files.source();
            String refusal = InstructionSet.ofThisMachine().refusal(metadata, source == null ? List.of() : source.instructionSets());
            if (refusal != null) throw new UnsupportedProgramException(pt2, List.of("the compiled code: " + refusal));
            ProgramText text = text(file, files, source);
            ProgramInterface calls;
            List<InputLayout> layouts;
            try {
                calls = new ProgramInterface(text);
                layouts = layouts(text, source);
            } catch (IllegalArgumentException e) {
                throw file.malformed("its compiled code cannot be called: " + e.getMessage());
            }
            Map<String, byte[]> extraFiles = file.extraFiles();
            CompiledRunner runner = load(pt2, files, options.runners());
            return new CompiledProgram(text, calls, layouts, runner, metadata, extraFiles);
        }
    }

    private static ProgramText text(Pt2File file, CompiledFiles files, @Nullable CompiledSource source) throws IOException {
        if (file.models().contains(files.model())) return file.program(files.model());
        if (source != null) return source.program();
        throw file.malformed("it has neither the exported program nor the source text of the compiled code, so nothing tells which inputs "
                + "the code takes; pack it by package_pt2(path, exported_programs={\"" + files.model() + "\": program}, aoti_files=…)");
    }

    /** Returns the layouts of the inputs that are tensors. */
    private static List<InputLayout> layouts(ProgramText text, @Nullable CompiledSource source) {
        var layouts = new ArrayList<InputLayout>();
        for (ProgramText.InputSpec i : text.inputs()) {
            if (i.kind() != ProgramText.InputKind.USER) continue;
            TensorMeta meta = text.graph().tensors().get(i.name());
            if (i.number() || meta == null)
                throw new IllegalArgumentException("the input '" + i.name()
                        + "' is a number that may change, which AOTInductor's callers cannot give; export it as a tensor");
            layouts.add(new InputLayout(i.name(), meta));
        }
        if (source != null && source.inputs() != layouts.size())
            throw new IllegalArgumentException("the code takes " + source.inputs() + " tensors, but the program " + layouts.size());
        return layouts;
    }

    private static CompiledRunner load(Path pt2, CompiledFiles files, int runners) throws IOException {
        try (var folder = TemporaryFolder.open()) {
            return CompiledRunner.load(files.unpack(pt2, folder.path()), runners);
        } catch (TorchException e) {
            String message = String.valueOf(e.getMessage());
            throw new UnsupportedProgramException(pt2, List.of("the compiled code: it does not load: " + message
                    + (message.contains("undefined symbol") || message.contains("symbol not found")
                            ? "; compile it with the torch version of this libtorch, without MKL's functions"
                            : "")));
        }
    }

    // ---- what it is

    /** Returns the inputs and outputs with their names, types and shapes, as far as the archive tells. */
    public Signature signature() {
        return calls.signature();
    }

    /** Returns what the compiler says about the code, such as {@code AOTI_CPU_ISA}, its instruction set. */
    public Map<String, String> metadata() {
        return Map.copyOf(metadata);
    }

    /** Returns the files that were saved beside the model, by their names. */
    public Map<String, byte[]> extraFiles() {
        var copies = new LinkedHashMap<String, byte[]>();
        extraFiles.forEach((name, bytes) -> copies.put(name, bytes.clone()));
        return copies;
    }

    /**
     * Returns copies of the parameters, buffers and constants that the code uses, by their full names in Python. They belong to the current
     * scope. Code that was compiled with {@code freezing} has folded them and knows them by other names.
     */
    public Map<String, Tensor> weights() {
        try (var noGrad = NoGrad.enter()) {
            return runner.constants();
        }
    }

    /**
     * Replaces some or all of the parameters, buffers and constants. Calls that have begun end with the old ones, and later calls see all
     * of the new ones. The tensors are copied.
     *
     * @param weights by their full names; each of the type and shape of the one that it replaces
     * @throws IllegalArgumentException if there is nothing of a name, or it has another type or shape; nothing is replaced then
     */
    public void replaceWeights(Map<String, Tensor> weights) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            runner.replace(weights);
        }
    }

    // ---- running

    /**
     * Runs the code.
     *
     * @throws IllegalArgumentException if an input is missing, unknown, on another device, or has another type or shape than the code
     * takes, or if one requires a gradient while gradients are enabled; the message names it. Nothing has run then
     * @throws TorchException if the code fails; libtorch also writes the reason to standard error
     */
    public Outputs run(Inputs inputs) { return runFlat(calls.flat(inputs)); }

    /** Runs the code on tensors: the inputs that are not constant, in the signature's order. */
    public Outputs run(Tensor... inputs) {
        return runFlat(calls.flat(inputs));
    }

    private Outputs runFlat(@Nullable Object[] inputs) {
        calls.check(inputs, null);
        boolean gradients = NoGrad.isGradEnabled();
        var given = new ArrayList<Tensor>();
        for (Object v : inputs) {
            if (!(v instanceof Tensor t)) continue;
            if (gradients && t.requiresGrad())
                throw new IllegalArgumentException("compiled code has no gradients, but an input requires one; give t.detach(), or run it "
                        + "within NoGrad.enter()");
            given.add(t);
        }
        try (var scope = Scope.open()) {
            var arguments = new ArrayList<Tensor>();
            for (int i = 0; i < layouts.size(); i++) arguments.add(layouts.get(i).apply(given.get(i)));
            List<@Nullable Tensor> results = runner.run(arguments);
            for (int i = 0; i < arguments.size(); i++)
                if (arguments.get(i) != given.get(i) && changes(i)) writeBack(given.get(i), arguments.get(i));
            Outputs outputs = calls.outputs(leaves(results));
            for (Tensor t : outputs.tensors()) scope.move(t);
            return outputs;
        }
    }

    private boolean changes(int input) {
        String name = layouts.get(input).name();
        return text.outputs().stream().anyMatch(o -> o.kind() == ProgramText.OutputKind.USER_INPUT && o.target().equals(name));
    }

    private static void writeBack(Tensor to, Tensor from) {
        try (var noGrad = NoGrad.enter()) {
            to.copy_(from);
        }
    }

    /** Returns the outputs: tensors of the code, or values that the exported program has fixed. */
    private List<@Nullable Object> leaves(List<@Nullable Tensor> results) {
        if (results.size() != returned.size())
            throw new IllegalStateException("the code returned " + results.size() + " results, but its archive tells " + returned.size());
        var leaves = new ArrayList<@Nullable Object>();
        for (int i = 0; i < results.size(); i++) leaves.add(returned.get(i) instanceof Argument.Constant c ? c.value() : results.get(i));
        return leaves;
    }

    /** Frees the code and its weights, once the calls that have begun have ended. Closing twice is harmless. */
    @Override public void close() {
        runner.close();
    }
}
