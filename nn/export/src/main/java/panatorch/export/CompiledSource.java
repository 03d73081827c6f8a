package panatorch.export;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.Device;

/**
 * The C++ text of compiled code, which AOTInductor puts beside it. It has the types, sizes and strides of the inputs, for a check that the
 * code itself does not make unless an environment variable asks for it.
 */
final class CompiledSource {
    private static final Pattern INPUT = Pattern.compile("inputs_info_\\[(\\d+)]\\.name = \"(\\w+)\";"),
            TYPE = Pattern.compile("int32_t (\\w+)_expected_dtype = aoti_torch_dtype_(\\w+)\\(\\);"),
            LAYOUT = Pattern.compile("assert_size_stride\\((\\w+), \\{([^{}]*)}, \\{([^{}]*)}, \"input\"\\);"),
            BOUND = Pattern.compile("if \\((\\w+)_size\\[(\\d+)] ([<>]) (\\d+)\\)"),
            STRUCTURE = Pattern.compile("\\b(in|out)_spec_ = R\"\\((.*?)\\)\";"),
            COMPILED = Pattern.compile("// Compile cmd\\s*\\n// (.*)"),
            FLAG = Pattern.compile(" -m((?:avx|amx|fma|f16c|sse)[\\w.-]*)");
    /** The least size of a symbolic dimension as the compiler writes it, whether the exporter allowed 1 or not. */
    private static final long LEAST = 2;

    private final String text;
    private final Function<String, IOException> malformed;

    CompiledSource(String text, Function<String, IOException> malformed) {
        this.text = text;
        this.malformed = malformed;
    }

    /** Returns the extensions of the processor's instruction set for which the compiler was told to compile: {@code avx512f}. */
    List<String> instructionSets() {
        var found = COMPILED.matcher(text);
        return found.find() ? FLAG.matcher(found.group(1)).results().map(m -> m.group(1)).distinct().toList() : List.of();
    }

    /** Returns the number of inputs of the compiled code. */
    int inputs() {
        return (int) INPUT.matcher(text).results().count();
    }

    /**
     * Returns a program without calls, whose inputs and outputs are those of the code.
     *
     * @throws IOException if the text does not tell them
     */
    ProgramText program() throws IOException {
        try {
            return read();
        } catch (IllegalArgumentException e) {
            throw unclear(e.getMessage());
        }
    }

    private IOException unclear(@Nullable String what) {
        return malformed.apply("the compiled code does not tell which inputs it takes (" + what + "), and compiled code does not check "
                + "them. Put the exported program into the same archive: "
                + "package_pt2(path, exported_programs={\"model\": program}, aoti_files={\"model\": files})");
    }

    private ProgramText read() throws IOException {
        String[] names = names();
        Map<String, DType> types = new HashMap<>();
        TYPE.matcher(text).results().forEach(m -> types.put(m.group(1), DType.valueOf(m.group(2).toUpperCase(Locale.ROOT))));
        Map<String, TensorMeta> metas = new HashMap<>();
        for (MatchResult m : LAYOUT.matcher(text).results().toList()) {
            DType type = types.get(m.group(1));
            if (type == null) throw new IllegalArgumentException("the type of " + m.group(1) + " is missing");
            metas.put(m.group(1), new TensorMeta(type, CppExpression.list(m.group(2)), CppExpression.list(m.group(3)),
                    SymbolicExpression.of(0), false, Device.CPU));
        }
        Tree in = structure("in"), out = structure("out");
        List<String> own = argumentNames(in, names.length);
        Tree tree = own.isEmpty() ? new Tree.Sequence("", List.of(positional(names.length), new Tree.Sequence("", List.of()))) : in;
        var inputs = new ArrayList<ProgramText.InputSpec>();
        var values = new ArrayList<Argument>();
        var tensors = new HashMap<String, TensorMeta>();
        for (int i = 0; i < names.length; i++) {
            String name = own.isEmpty() ? "in" + i : own.get(i);
            TensorMeta meta = metas.get(names[i]);
            if (meta == null) throw new IllegalArgumentException("the shape of input " + i + " is missing");
            tensors.put(name, meta);
            values.add(new Argument.Name(name, Argument.Kind.TENSOR));
            inputs.add(new ProgramText.InputSpec(ProgramText.InputKind.USER, name, "", null, false));
        }
        var outputs = new ArrayList<ProgramText.OutputSpec>();
        var outputNames = new ArrayList<String>();
        out.names("", outputNames);
        for (String name : outputNames)
            outputs.add(new ProgramText.OutputSpec(ProgramText.OutputKind.USER, new Argument.PythonOnly(name, "a result"), ""));
        var graph = new GraphText(values, outputs.stream().map(ProgramText.OutputSpec::value).toList(), List.of(), tensors, Map.of());
        return new ProgramText(graph, inputs, outputs, tree, out, List.of(), ranges(metas), List.of(), "");
    }

    private String[] names() {
        String[] names = new String[inputs()];
        for (MatchResult m : INPUT.matcher(text).results().toList()) {
            int i = Integer.parseInt(m.group(1));
            if (i >= names.length) throw new IllegalArgumentException("it has no input " + names.length);
            names[i] = m.group(2);
        }
        return names;
    }

    private Tree structure(String which) throws IOException {
        for (MatchResult m : STRUCTURE.matcher(text).results().toList())
            if (m.group(1).equals(which)) return TreeReader.read(m.group(2), Map.of(), malformed);
        throw new IllegalArgumentException("the structure of its " + which + "puts is missing");
    }

    private static Tree positional(int count) { return new Tree.Sequence("", Collections.nCopies(count, Tree.LEAF)); }

    /**
     * Returns the names of the inputs: the keys of those by name, and {@code in0} and so on of the others. If some of Python's arguments
     * are no inputs of the code, as they were constants, nothing tells which, and the list is empty.
     */
    private static List<String> argumentNames(Tree in, int inputs) {
        if (in.children().size() != 2 || in.leaves() != inputs) return List.of();
        var names = new ArrayList<String>();
        for (int i = 0; i < in.children().getFirst().leaves(); i++) names.add("in" + i);
        in.children().get(1).names("", names);
        if (names.size() > inputs) names.removeLast(); // no named arguments
        return names;
    }

    private Map<String, Signature.Range> ranges(Map<String, TensorMeta> metas) {
        var ranges = new LinkedHashMap<String, Signature.Range>();
        for (MatchResult m : BOUND.matcher(text).results().toList()) {
            TensorMeta meta = metas.get(m.group(1));
            int dim = Integer.parseInt(m.group(2));
            if (meta == null || dim >= meta.sizes().size() || !(meta.sizes().get(dim) instanceof SymbolicExpression.Symbol s)) continue;
            long bound = Long.parseLong(m.group(4));
            Signature.Range before = ranges.getOrDefault(s.name(), new Signature.Range(1, Long.MAX_VALUE));
            ranges.put(s.name(), m.group(3).equals(">") ? new Signature.Range(before.min(), bound)
                    : new Signature.Range(bound == LEAST ? 1 : bound, before.max()));
        }
        for (TensorMeta meta : metas.values())
            for (SymbolicExpression size : meta.sizes())
                if (size instanceof SymbolicExpression.Symbol s) ranges.putIfAbsent(s.name(), new Signature.Range(1, Long.MAX_VALUE));
        return ranges;
    }
}
