package panatorch.spark;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.UUID;
import org.apache.spark.SparkFiles;
import org.apache.spark.sql.SparkSession;
import panatorch.Scope;
import panatorch.export.CompiledProgram;
import panatorch.export.ExportedProgram;
import panatorch.export.OptimizeOptions;
import panatorch.jit.ScriptModule;
import panatorch.nn.Module;
import panatorch.serialize.StateDicts;
import panatorch.serve.Model;
import panatorch.serve.ModuleModel;

/**
 * A file with a model, and the way to load it, which is sent to Spark's executors in place of the model.
 *
 * <p>
 * The file is one that all executors reach by its path, unless {@link #sent} copies it to them. An executor that holds the model of this
 * object does not load it again, unless the file has another size or time of change by then.
 */
public final class ModelFile implements Serializable {
    private static final long serialVersionUID = 1;

    /** Loads a model of a file. */
    @FunctionalInterface
    public interface Loader extends Serializable {
        /** Returns a model that nobody else uses. */
        Model load(Path file) throws Exception;
    }

    /** Makes a module whose weights are loaded afterwards. */
    @FunctionalInterface
    public interface Maker extends Serializable {
        /** Returns a new module. */
        Module make();
    }

    /** Declares the inputs and outputs of a module. */
    @FunctionalInterface
    public interface Declaration extends Serializable {
        /** Returns the model with its inputs and outputs. */
        Model declare(ModuleModel model);
    }

    private final String path;
    private final boolean sent;
    private final String id;
    private final Loader loader;

    private ModelFile(String path, boolean sent, String id, Loader loader) {
        this.path = path;
        this.sent = sent;
        this.id = id;
        this.loader = loader;
    }

    /** Returns a file that is loaded in a way of one's own. */
    public static ModelFile of(String path, Loader loader) {
        return new ModelFile(path, false, UUID.randomUUID().toString(), loader);
    }

    /** Returns a file of {@code torch.export.save}, whose program is {@linkplain ExportedProgram#optimize optimised}. */
    public static ModelFile program(String path) {
        return of(path, file -> {
            ExportedProgram program = ExportedProgram.load(file);
            return Model.of(program.optimize(OptimizeOptions.all()));
        });
    }

    /** Returns a file that AOTInductor has compiled. */
    public static ModelFile compiled(String path) {
        return of(path, file -> Model.of(CompiledProgram.load(file)));
    }

    /** Returns a file of {@code torch.jit.save}. */
    public static ModelFile script(String path, Declaration declaration) {
        return of(path, file -> declaration.declare(Model.of(ScriptModule.load(file).eval())));
    }

    /**
     * Returns a file of weights, in any format of {@link StateDicts}.
     *
     * @param maker makes the module, whose weights must have the file's names and shapes
     */
    public static ModelFile weights(String path, Maker maker, Declaration declaration) {
        return of(path, file -> {
            Module module = maker.make();
            try (var scope = Scope.open()) {
                module.loadStateDict(StateDicts.load(file));
            }
            return declaration.declare(Model.of(module.eval()));
        });
    }

    /**
     * Copies the file from the driver to all executors when they need it, and returns the copies: {@code SparkContext.addFile}. Files that
     * are sent must have different names.
     *
     * @param spark the session, whose application has the file from now on
     */
    public ModelFile sent(SparkSession spark) {
        spark.sparkContext().addFile(path);
        return new ModelFile(path.substring(path.lastIndexOf('/') + 1), true, id, loader);
    }

    /** Returns where the file is on this executor. */
    private Path file() { return Path.of(sent ? SparkFiles.get(path) : path); }

    /** Returns what tells this model from others: the object's identity, and the file's size and time. */
    String key() throws IOException {
        Path file = file();
        try {
            return id + " " + Files.size(file) + " " + Files.getLastModifiedTime(file).toMillis();
        } catch (NoSuchFileException e) {
            throw new IOException("there is no model file " + file + " on this executor. Put it into a folder that all executors share, or "
                    + "send it by ModelFile.sent.", e);
        }
    }

    Model load() throws Exception { return loader.load(file()); }

    @Override public String toString() { return path; }
}
