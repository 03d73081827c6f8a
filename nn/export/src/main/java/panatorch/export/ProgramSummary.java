package panatorch.export;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import panatorch.DType;

/**
 * The contents of an archive of {@code torch.export.save}, read without loading the program: of one, too, that cannot run here because it
 * needs operators that are missing, or that was saved without weights.
 *
 * @param program name of the program that is described
 * @param programs names of all programs of the archive
 * @param signature inputs and outputs
 * @param operators number of calls of each operator in the graph, its branches and loops included, by its name
 * @param tensors parameters, buffers and constants by their names
 * @param missing what the program needs and is not there, each with advice; empty if it can run
 * @param torchVersion version of PyTorch that exported it
 * @param extraFiles sizes of the files that were saved beside the program, in bytes, by their names
 */
public record ProgramSummary(String program, List<String> programs, Signature signature, Map<String, Integer> operators,
        Map<String, SavedTensor> tensors, List<String> missing, String torchVersion, Map<String, Long> extraFiles) {
    /**
     * A tensor of an archive.
     *
     * @param dtype element type
     * @param shape sizes of its dimensions
     * @param parameter whether it is a parameter rather than a buffer or constant
     * @param present whether the archive has its data; it has not if the program was exported without weights
     */
    public record SavedTensor(DType dtype, List<Long> shape, boolean parameter, boolean present) {
        /** Returns the number of elements. */
        public long numel() { return shape.stream().reduce(1L, (a, b) -> a * b); }
    }

    /**
     * Reads an archive.
     *
     * @param options which program of an archive of several, and how it is read; device and weights do not matter
     * @throws panatorch.serialize.MalformedFileException if the file is something else, or damaged
     */
    public static ProgramSummary read(Path pt2, LoadOptions options) throws IOException {
        try (var file = Pt2File.open(pt2, options)) {
            String model = file.model(options);
            ProgramText text = file.program(model);
            var extra = new LinkedHashMap<String, Long>();
            file.extraFiles().forEach((name, bytes) -> extra.put(name, (long) bytes.length));
            var operators = new TreeMap<String, Integer>();
            count(text.graph(), operators);
            var summary = new ProgramSummary(model, file.models(), new ProgramInterface(text).signature(),
                    Collections.unmodifiableMap(operators), file.tensors(model), Requirements.of(text).missing(), text.torchVersion(),
                    extra);
            file.requireUnchanged();
            return summary;
        }
    }

    private static void count(GraphText graph, Map<String, Integer> operators) {
        for (GraphText.Node node : graph.nodes()) {
            operators.merge(name(node.target()), 1, Integer::sum);
            for (GraphText.Input i : node.inputs()) if (i.argument() instanceof Argument.Subgraph s) count(s.graph(), operators);
        }
    }

    private static String name(String target) {
        if (!target.startsWith(GraphCompiler.OPERATORS) || target.startsWith(GraphCompiler.HIGHER_ORDER)) return target;
        try {
            return GraphCompiler.qualified(target);
        } catch (IllegalArgumentException e) {
            return target;
        }
    }
}
