package panatorch.apps.serving;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.atomic.AtomicReference;
import panatorch.apps.console.InputException;
import panatorch.apps.models.Companions;
import panatorch.apps.models.LoadedModel;
import panatorch.apps.models.ModelInputs;
import panatorch.apps.models.ModelKind;
import panatorch.apps.models.ModelPlan;
import panatorch.apps.options.DeclaredTensor;
import panatorch.serve.Model;
import panatorch.serve.ModelRepository;
import panatorch.serve.ServeOptions;
import panatorch.serve.http.ServerOptions.ModelLoader;

/** Loads models of files into a repository, together with what makes images and texts their inputs. */
public final class ServedFiles implements ModelLoader {
    private final ModelFiles files;
    private final ModelRepository repository;
    private final ModelMedia media;
    private final ModelPlan plan;
    private final Options options;

    /**
     * What holds for all models.
     *
     * @param serving options of serving
     * @param inputs inputs of models that do not know their own
     * @param outputs outputs of such models
     */
    public record Options(ServeOptions serving, List<DeclaredTensor> inputs, List<DeclaredTensor> outputs) {}

    public ServedFiles(ModelFiles files, ModelRepository repository, ModelMedia media, ModelPlan plan, Options options) {
        this.files = files;
        this.repository = repository;
        this.media = media;
        this.plan = plan;
        this.options = options;
    }

    /** Loads all versions of a model, and unloads those whose files are gone. The highest is loaded first, as most requests are for it. */
    @Override public void load(String name) {
        SortedMap<Long, ModelFiles.Version> versions = files.versions(name);
        for (Map.Entry<Long, ModelFiles.Version> e : versions.reversed().entrySet()) {
            long v = e.getKey();
            var opened = new AtomicReference<Opened>();
            repository.load(name, v, () -> {
                opened.set(open(e.getValue()));
                return opened.get().model;
            }, options.serving());
            if (v == versions.lastKey()) media.put(name, opened.get().inputs, opened.get().companions);
        }
        repository.list().stream().filter(e -> e.name().equals(name) && !versions.containsKey(e.version()))
                .forEach(e -> repository.unload(name, e.version()));
    }

    private record Opened(Model model, ModelInputs inputs, Companions companions) {}

    private Opened open(ModelFiles.Version version) {
        LoadedModel loaded = ModelKind.open(version.file(), plan);
        try {
            var companions = new Companions(loaded, version.companions());
            List<ModelInputs.Input> inputs = loaded.inputs();
            return new Opened(loaded.served(options.inputs(), options.outputs()), () -> inputs, companions);
        } catch (InputException e) {
            loaded.close();
            throw e;
        }
    }
}
