package panatorch.apps;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.DoubleSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.style.markers.SeriesMarkers;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.amp.Precision;
import panatorch.apps.console.Counted;
import panatorch.apps.console.Json;
import panatorch.apps.console.RunFailure;
import panatorch.apps.measures.TestLoop;
import panatorch.apps.options.ComputeOptions;
import panatorch.apps.options.ComputePlan;
import panatorch.apps.options.DataOptions;
import panatorch.apps.options.DataPlan;
import panatorch.apps.options.ModelName;
import panatorch.apps.options.ModelOptions;
import panatorch.apps.options.ModelPlan;
import panatorch.apps.options.OptionCheck;
import panatorch.apps.options.OptionDependency;
import panatorch.apps.options.OutputFolder;
import panatorch.apps.options.Preparation;
import panatorch.apps.options.StepOptions;
import panatorch.apps.options.StepPlan;
import panatorch.apps.report.Curves;
import panatorch.apps.run.TrainingSetup;
import panatorch.data.Batches;
import panatorch.datasets.DataLoader;
import panatorch.datasets.Dataset;
import panatorch.models.Classifier;
import panatorch.nn.functional.CrossEntropy;
import panatorch.optim.LrFinder;
import panatorch.optim.Optimizer;
import panatorch.serialize.AtomicFile;
import panatorch.train.Objective;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command {@code panatorch find-lr}. */
@Command(name = "find-lr", sortOptions = false, abbreviateSynopsis = true,
        description = "Trains for some steps with a growing learning rate, and suggests the rate at which the loss falls fastest.",
        footer = {
            "", "Examples:", "  panatorch find-lr",
            "  panatorch find-lr --dataset cifar10 --data DIR --model vgg16-bn --optimizer adamw --out lr"})
final class FindLrCommand implements Callable<Integer> {
    @Option(names = "--from", paramLabel = "RATE", defaultValue = "1e-6", description = "first learning rate; default: ${DEFAULT-VALUE}")
    private double from;

    @Option(names = "--to", paramLabel = "RATE", defaultValue = "10", description = "last learning rate; default: ${DEFAULT-VALUE}")
    private double to;

    @Option(names = "--steps", paramLabel = "N", defaultValue = "100", description = "greatest number of steps; default: ${DEFAULT-VALUE}")
    private int steps;

    @Option(names = "--out", paramLabel = "DIR", description = "folder for the curve, find-lr.png, and its points, find-lr.json")
    private @Nullable Path out;

    @Option(names = "--json", description = "print nothing but one JSON object")
    private boolean json;

    @Mixin(name = "Data")
    private DataOptions data = new DataOptions();
    @Mixin(name = "Model")
    private ModelOptions network = new ModelOptions();
    @Mixin(name = "Steps")
    private StepOptions step = new StepOptions();
    @Mixin(name = "Compute")
    private ComputeOptions compute = new ComputeOptions();
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override public Integer call() throws IOException {
        data.check();
        network.check();
        step.check();
        compute.check();
        OptionCheck.above("--from", from, 0);
        OptionCheck.above("--to", to, from);
        OptionCheck.atLeast("--steps", steps, 2);
        DataPlan set = data.resolve();
        try (Dataset all = set.train()) {
            ModelPlan model = network.resolve();
            ComputePlan place = compute.resolve();
            StepPlan rule = step.resolve(set.dataset(), place.device());
            OptionDependency.check(spec, OptionDependency.ofRangeTest(data, network, step));
            Preparation preparation = Preparation.of(all, model.name()); // refuses images that do not fit before a folder is made
            Path asked = out, folder = asked == null ? null : OutputFolder.prepare(asked);
            DataLoader loader = TrainingSetup.trainLoader(set.limitedTrain(all), rule.batchSize(), place.seed(), preparation, set);
            LrFinder.Result found = find(loader, all.classes(), model, rule, place);
            PrintWriter text = spec.commandLine().getOut();
            Double suggestion = found.suggestion();
            if (json) text.println(Json.LINE.writeValueAsString(found));
            else text.println(sentence(found.points(), suggestion));
            if (!json && !loader.skipped().isEmpty()) text.println("skipped     " + Counted.of(loader.skipped().size(), "damaged image"));
            if (folder != null) {
                AtomicFile.write(folder.resolve("find-lr.png"), picture(found.points(), suggestion));
                AtomicFile.write(folder.resolve("find-lr.json"), Json.PRETTY.writeValueAsBytes(found));
                if (!json) text.println("written     find-lr.png and find-lr.json in " + folder);
            } else if (!json) {
                text.println("--out DIR draws the curve there");
            }
            text.flush();
            return 0;
        }
    }

    private String sentence(List<LrFinder.Point> points, @Nullable Double suggestion) {
        String tried = String.format(Locale.ROOT, "%d steps from %.2g to %.2g; ", points.size(), from, points.getLast().lr());
        return tried + (suggestion != null ? String.format(Locale.ROOT, "the loss falls fastest at --lr %.2g", suggestion)
                : "no rate can be suggested, as the loss does not fall more than it scatters: try more --steps, other --from and --to, or "
                        + "a larger --batch-size");
    }

    private LrFinder.Result find(DataLoader train, int classes, ModelPlan plan, StepPlan rule, ComputePlan place) {
        Batches batches = train;
        Torch.manualSeed(place.seed());
        try (Classifier model = plan.name().create(classes)) {
            model.to(place.device(), null, ModelName.FORMAT);
            Objective objective = plan.method(CrossEntropy.mean().labelSmoothing(rule.labelSmoothing())).around(TestLoop.OBJECTIVE);
            try (Optimizer optimizer = rule.over(model.parameters(), from);
                    var steps = new Steps(model, optimizer, objective, batches, place.device(), rule.precision())) {
                return LrFinder.run(model, optimizer, steps, LrFinder.options().range(from, to).steps(this.steps));
            } catch (IllegalStateException e) {
                throw new RunFailure(e.getMessage() + "; try a lower --from", e);
            }
        }
    }

    /** Training steps, epoch after epoch. */
    private static final class Steps implements DoubleSupplier, AutoCloseable {
        private final Classifier model;
        private final Optimizer optimizer;
        private final Objective objective;
        private final Batches batches;
        private final Device place;
        private final Precision precision;
        private Batches.EpochIterator epoch;
        private long number = 1;

        Steps(Classifier model, Optimizer optimizer, Objective objective, Batches batches, Device place, Precision precision) {
            this.model = model;
            this.optimizer = optimizer;
            this.objective = objective;
            this.batches = batches;
            this.place = place;
            this.precision = precision;
            epoch = batches.epoch(number, 0);
            model.train();
        }

        @Override public double getAsDouble() {
            if (!epoch.hasNext()) {
                epoch.close();
                epoch = batches.epoch(++number, 0);
            }
            try (var batch = epoch.next(); var scope = Scope.open()) {
                Tensor images = TestLoop.channelsLast(batch.input().to(place)),
                        labels = Objects.requireNonNull(batch.target(), "training items have labels").to(place), loss;
                try (var cast = precision.enter(place)) {
                    loss = objective.apply(model, images, labels).loss();
                }
                loss.backward();
                optimizer.step();
                optimizer.zeroGrad();
                return loss.itemDouble();
            }
        }

        @Override public void close() { epoch.close(); }
    }

    /**
     * Returns the highest loss to show. After the valley the loss may be a thousand times as high, which would flatten the rest of the
     * curve.
     */
    static double ceiling(List<LrFinder.Point> p) {
        int lowest = IntStream.range(0, p.size()).boxed().min(Comparator.comparingDouble(i -> p.get(i).smoothed())).orElseThrow();
        List<LrFinder.Point> before = p.subList(0, Math.max(lowest + 1, (p.size() + 3) / 4));
        double top = before.stream().mapToDouble(LrFinder.Point::loss).max().orElseThrow(),
                bottom = before.stream().mapToDouble(q -> Math.min(q.loss(), q.smoothed())).min().orElseThrow();
        return top > bottom ? top + (top - bottom) / 2 : Double.POSITIVE_INFINITY;
    }

    static byte[] picture(List<LrFinder.Point> p, @Nullable Double suggestion) throws IOException {
        double ceiling = ceiling(p), highest = p.stream().mapToDouble(LrFinder.Point::loss).max().orElse(ceiling);
        boolean cut = highest > ceiling;
        XYChart chart = Curves.chart(800, 500, "Learning-rate range test", "learning rate",
                cut ? String.format(Locale.ROOT, "loss; it rises to %.3g", highest) : "loss");
        chart.getStyler().setXAxisLogarithmic(true);
        if (cut) chart.getStyler().setYAxisMax(ceiling);
        double[] rates = p.stream().mapToDouble(LrFinder.Point::lr).toArray();
        chart.addSeries("loss", rates, p.stream().mapToDouble(LrFinder.Point::loss).toArray()).setMarker(SeriesMarkers.NONE)
                .setLineColor(java.awt.Color.LIGHT_GRAY);
        chart.addSeries("smoothed", rates, p.stream().mapToDouble(LrFinder.Point::smoothed).toArray()).setMarker(SeriesMarkers.NONE);
        if (suggestion != null) {
            double at = p.stream().filter(q -> q.lr() == suggestion).mapToDouble(LrFinder.Point::smoothed).findFirst().orElseThrow();
            chart.addSeries(String.format(Locale.ROOT, "suggestion %.2g", suggestion), new double[] {suggestion}, new double[] {at})
                    .setMarker(SeriesMarkers.CIRCLE);
        }
        var png = new ByteArrayOutputStream();
        BitmapEncoder.saveBitmap(chart, png, BitmapEncoder.BitmapFormat.PNG);
        return png.toByteArray();
    }
}
