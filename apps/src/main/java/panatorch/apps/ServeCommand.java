package panatorch.apps;

import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.apps.console.Counted;
import panatorch.apps.console.InputException;
import panatorch.apps.console.Printable;
import panatorch.apps.models.ModelPlan;
import panatorch.apps.options.ModelFileOptions;
import panatorch.apps.options.ServeSettings;
import panatorch.apps.serving.ModelFiles;
import panatorch.apps.serving.ModelMedia;
import panatorch.apps.serving.ServedFiles;
import panatorch.apps.serving.ServerEnd;
import panatorch.serialize.Reading;
import panatorch.serve.Health;
import panatorch.serve.ModelRepository;
import panatorch.serve.ServeOptions;
import panatorch.serve.http.ModelServer;
import panatorch.serve.http.ServerOptions;
import panatorch.serve.micrometer.ServeMetrics;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command {@code panatorch serve}. */
@Command(name = "serve", sortOptions = false,
        description = "Answers requests for models over HTTP and gRPC, by the Open Inference Protocol, until it is stopped (Ctrl-C).",
        footer = {
            "", "Examples:", "  panatorch serve resnet18.pt2 --optimize",
            "  panatorch serve small=bert-mini.pt2 large=bert-base.pt2 --port 8080",
            "  panatorch serve --repository models/    (models/NAME/VERSION/model.pt2)",
            "  curl localhost:8000/v2/models/resnet18/classify -H 'Content-Type: image/jpeg' --data-binary @cat.jpg"})
final class ServeCommand implements Callable<Integer> {
    @Parameters(index = "0..*", arity = "0..*", paramLabel = "[NAME=]MODEL",
            description = "models: files of torch.export.save, torch.jit.save or AOTInductor; the name is the file's unless it is given")
    private List<String> models = List.of();

    @Option(names = "--repository", paramLabel = "DIR",
            description = "folder of models, NAME/VERSION/model.pt2, which clients may load again and unload")
    private @Nullable Path repository;

    @Mixin(name = "Serving")
    private ServeSettings settings = new ServeSettings();
    @Mixin(name = "Model")
    private ModelFileOptions options = new ModelFileOptions();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override public Integer call() throws InterruptedException {
        var files = files();
        Device device = settings.device();
        String token = settings.token();
        ServeOptions serving = settings.serving(device);
        var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        List.of(new JvmMemoryMetrics(), new JvmThreadMetrics(), new ProcessorMetrics(), new UptimeMetrics(), new FileDescriptorMetrics())
                .forEach(m -> m.bindTo(registry));
        var metrics = new ServeMetrics(registry);
        var media = new ModelMedia();
        var plan = new ModelPlan(options.program(), options.weights(), device, options.optimize(), Reading.COPIED);
        var all = new ServedFiles.Options(serving.listener(metrics), settings.inputs(), settings.outputs());
        try (var end = new ServerEnd(); ModelRepository served = settings.repository()) {
            var loader = new ServedFiles(files, served, media, plan, all);
            var ready = new AtomicBoolean();
            ServerOptions server = settings.server(token).metrics(registry::scrape).media(media).ready(ready::get);
            if (repository != null) server = server.loader(name -> {
                loader.load(name);
                metrics.watch(served);
            });
            try (ModelServer s = start(served, server)) {
                for (String name : files.names()) {
                    if (end.requested()) break;
                    load(loader, name);
                    served.list().stream().filter(e -> e.name().equals(name)).forEach(this::tell);
                }
                metrics.watch(served);
                ready.set(true);
                say("serving " + Counted.of(files.names().size(), "model") + " on " + s.url()
                        + (settings.grpc() ? "; gRPC on port " + s.grpcPort() : "") + "; Ctrl-C stops");
                if (settings.isOpen(token))
                    say("Anybody who reaches this address may use it: --token-file or --tls-clients let in who may.");
                end.await();
                say("stopping: no new requests, " + waiting(served) + " still to answer");
            }
        }
        return 0;
    }

    private ModelFiles files() {
        settings.check();
        if (models.isEmpty() && repository == null)
            throw new InputException("serve needs a model (a .pt2 or .ts file), or a folder of models (--repository)");
        if (models.size() != 1 && options.program() != null || models.size() != 1 && options.weights() != null)
            throw new InputException("--program and --weights are for one model");
        if (models.size() != 1 && !options.companions().isEmpty())
            throw new InputException("--labels, --preprocessing and --tokenizer are for one model; put such files beside each model");
        var files = new ModelFiles(repository);
        for (String m : models) files.add(m, options.companions());
        if (files.names().isEmpty())
            throw new InputException("the folder " + repository + " holds no models, such as NAME/1/model.pt2");
        return files;
    }

    private ModelServer start(ModelRepository served, ServerOptions server) {
        try {
            return ModelServer.start(served, server);
        } catch (UncheckedIOException e) {
            throw new InputException(InputException.reason(Objects.requireNonNull(e.getCause()))
                    + "; --port, --grpc-port and --host name other addresses, and --no-grpc leaves gRPC out", e);
        } catch (IllegalArgumentException e) {
            throw new InputException(String.valueOf(e.getMessage()), e);
        }
    }

    private static void load(ServedFiles loader, String name) {
        try {
            loader.load(name);
        } catch (IllegalStateException | IllegalArgumentException e) {
            throw new InputException(String.valueOf(e.getMessage()), e);
        }
    }

    private void tell(ModelRepository.Entry e) {
        Health h = e.health();
        say(Printable.line(e.name()) + " " + e.version()
                + (h == null ? "" : String.format(Locale.ROOT, "  %.1f MB", h.memoryBytes() / 1e6)));
    }

    private static int waiting(ModelRepository served) {
        return served.list().stream().map(ModelRepository.Entry::health).filter(Objects::nonNull).mapToInt(h -> h.waiting() + h.running())
                .sum();
    }

    private void say(String line) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(line);
        out.flush();
    }
}
