package panatorch.apps.models;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import panatorch.apps.console.InputException;
import panatorch.serialize.ArchiveFile;
import panatorch.serialize.MalformedFileException;
import panatorch.serialize.Reading;

/** A kind of file that holds a whole model, recognised by what the archive has. A new kind is one constant. */
public enum ModelKind {
    EXPORTED("exported program", ".pt2") {
        @Override boolean recognises(Collection<String> entries) {
            return ends(entries, "archive_format") && entries.stream().anyMatch(e -> e.contains("models/") && e.endsWith(".json"))
                    || ends(entries, "serialized_exported_program.json");
        }

        @Override LoadedModel load(Path file, ModelPlan plan) throws IOException { return ExportedModel.load(file, plan); }

        @Override ModelSummary describe(Path file, ModelPlan plan) throws IOException { return ModelSummary.ofExported(file, plan); }

        @Override public List<String> optimize(Path from, Path to) throws IOException { return ExportedModel.optimize(from, to); }
    },
    SCRIPT("TorchScript", ".ts") {
        @Override boolean recognises(Collection<String> entries) { return ends(entries, "constants.pkl"); }

        @Override LoadedModel load(Path file, ModelPlan plan) throws IOException { return ScriptModel.load(file, plan); }

        @Override ModelSummary describe(Path file, ModelPlan plan) throws IOException { return ModelSummary.ofScript(file, plan); }

        @Override public List<String> optimize(Path from, Path to) throws IOException { return ScriptModel.optimize(from, to); }
    },
    COMPILED("package of AOTInductor", ".pt2") {
        @Override boolean recognises(Collection<String> entries) {
            return ends(entries, "archive_format") && entries.stream().anyMatch(e -> e.contains("data/aotinductor/"));
        }

        @Override LoadedModel load(Path file, ModelPlan plan) throws IOException { return CompiledModel.load(file, plan); }

        @Override ModelSummary describe(Path file, ModelPlan plan) throws IOException { return ModelSummary.ofCompiled(file, plan); }

        @Override public List<String> optimize(Path from, Path to) {
            throw new InputException("the file " + from + " is compiled by AOTInductor, and so optimised already");
        }
    };

    /** The name of the kind in messages. */
    public final String title;
    /** The usual ending of such files. */
    public final String ending;

    ModelKind(String title, String ending) {
        this.title = title;
        this.ending = ending;
    }

    abstract boolean recognises(Collection<String> entries);

    abstract LoadedModel load(Path file, ModelPlan plan) throws IOException;

    abstract ModelSummary describe(Path file, ModelPlan plan) throws IOException;

    /**
     * Writes a model that computes the same faster.
     *
     * @return what was done, a line for each kind of change
     * @throws InputException if the model cannot be optimised or written
     */
    public abstract List<String> optimize(Path from, Path to) throws IOException;

    private static boolean ends(Collection<String> entries, String name) {
        return entries.stream().anyMatch(e -> e.equals(name) || e.endsWith("/" + name));
    }

    /**
     * Returns the kind of a file.
     *
     * @throws InputException if it cannot be read or is no model; the message says what it is
     */
    public static ModelKind of(Path file) {
        try (var archive = ArchiveFile.open(file, Reading.MAPPED)) {
            for (ModelKind kind : values()) if (kind.recognises(archive.names())) return kind;
            throw new InputException("the file " + file + (ends(archive.names(), "data.pkl")
                    ? " holds weights, not a model with its code: panatorch inspect lists them, and panatorch_export.py makes a "
                            + "model of them"
                    : " is not a model: it is a zip archive, but neither of torch.export.save nor of torch.jit.save"));
        } catch (MalformedFileException e) {
            throw new InputException("the model cannot be read: " + e.getMessage()
                    + (String.valueOf(e.getMessage()).endsWith("is not a zip archive") ? ", as .pt2 and .ts files are" : ""), e);
        } catch (IOException e) {
            throw new InputException("the model cannot be read: " + InputException.reason(e), e);
        }
    }

    /** Returns whether a file is a model; false, too, if it cannot be read. */
    public static boolean isModel(Path file) {
        try {
            of(file);
            return true;
        } catch (InputException e) {
            return false;
        }
    }

    /**
     * Loads a model of any kind; the caller closes it.
     *
     * @throws InputException if the file cannot be read, is no model, or needs what is not there; the message says what
     */
    public static LoadedModel open(Path file, ModelPlan plan) {
        try {
            return of(file).load(file, plan);
        } catch (IOException e) {
            throw new InputException("the model cannot be read: " + InputException.reason(e), e);
        }
    }

    /**
     * Describes a model without running it.
     *
     * @throws InputException if the file cannot be read or is no model
     */
    public static ModelSummary summary(Path file, ModelPlan plan) {
        try {
            return of(file).describe(file, plan);
        } catch (IOException e) {
            throw new InputException("the model cannot be read: " + ExportedModel.forUsers(InputException.reason(e)), e);
        }
    }
}
