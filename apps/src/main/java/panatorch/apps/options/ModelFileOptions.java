package panatorch.apps.options;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options for how a model file is loaded, and for files that take the place of those in it. */
public final class ModelFileOptions {
    @Option(names = "--weights", paramLabel = "FILE",
            description = "weights of a program that was exported without: a file, or a folder with model.safetensors")
    @Nullable
    Path weights;

    @Option(names = "--program", paramLabel = "NAME", description = "name of the program in an archive of several")
    @Nullable
    String program;

    @Option(names = "--labels", paramLabel = "FILE",
            description = "labels of the classes, one a line, or as a JSON list; default: labels.json or labels.txt in the model's file")
    @Nullable
    Path labels;

    @Option(names = "--preprocessing", paramLabel = "FILE",
            description = "how images become inputs: timm's config.json, Hugging Face's preprocessor_config.json, or the fields of "
                    + "torchvision's transforms; default: preprocessing.json in the model's file")
    @Nullable
    Path preprocessing;

    @Option(names = "--tokenizer", paramLabel = "FILE", description = "tokenizer.json for texts; default: the one in the model's file")
    @Nullable
    Path tokenizer;

    @Option(names = "--optimize", description = "make the model faster for inference on a CPU after loading it")
    boolean optimize;

    /** Returns the file or folder of weights, or null for the model's own. */
    public @Nullable Path weights() {
        return weights;
    }

    /** Returns the name of the program, or null for the only one. */
    public @Nullable String program() {
        return program;
    }

    public boolean optimize() { return optimize; }

    /** Returns the files that take the place of those in the model, by the names that they have there. */
    public Map<String, Path> companions() {
        var files = new LinkedHashMap<String, Path>();
        if (labels != null) files.put("labels.json", labels);
        if (preprocessing != null) files.put("preprocessing.json", preprocessing);
        if (tokenizer != null) files.put("tokenizer.json", tokenizer);
        return files;
    }
}
