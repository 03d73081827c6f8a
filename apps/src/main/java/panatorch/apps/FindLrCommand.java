package panatorch.apps;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.DoubleSupplier;
import java.util.stream.IntStream;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.style.markers.SeriesMarkers;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.amp.Precision;
import panatorch.data.Batches;
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

/** {@code panatorch find-lr}. */
@Command(name = "find-lr", sortOptions = false, abbreviateSynopsis = true, description = "Trains for some steps while the learning rate grows, and suggests the one where the loss falls fastest.", footer = {
        "", "Examples:", "  panatorch find-lr", "  panatorch find-lr --dataset cifar10 --data DIR --model vgg16-bn --optimizer adamw --out lr"})
final class FindLrCommand implements Callable<Integer> {
    @Option(names = "--from", paramLabel = "RATE", defaultValue = "1e-6", description = "default: ${DEFAULT-VALUE}")
    private double from;

    @Option(names = "--to", paramLabel = "RATE", defaultValue = "10", description = "default: ${DEFAULT-VALUE}")
    private double to;

    @Option(names = "--steps", paramLabel = "N", defaultValue = "100", description = "at most; default: ${DEFAULT-VALUE}")
    private int steps;

    @Option(names = "--out", paramLabel = "DIR", description = "folder for find-lr.png, the curve, and find-lr.json")
    private @Nullable Path out;

    @Option(names = "--json", description = "print nothing but one JSON object")
    private boolean json;

    @Mixin(name = "Data") private DataOptions data = new DataOptions();
    @Mixin(name = "Model") private ModelOptions network = new ModelOptions();
    @Mixin(name = "Steps") private StepOptions step = new StepOptions();
    @Mixin(name = "Compute") private ComputeOptions compute = new ComputeOptions();
    @Spec private CommandSpec spec;

    @Override public Integer call() throws IOException {
        data.check();
        network.check();
        step.check();
        compute.check();
        Check.above("--from", from, 0);
        Check.above("--to", to, from);
        Check.atLeast("--steps", steps, 2);
        try (Dataset all = data.train()) {
            network.resolve();
            Device place = compute.resolve();
            Precision precision = step.resolve(data.dataset, place);
            Effect.check(spec, Effect.ofRangeTest(data, network, step));
            Preparation.of(all, network.model); // refuses images that do not fit before a folder is made
            Path asked = out, folder = asked == null ? null : OutputFolder.prepare(asked);
            LrFinder.Result found = find(data.dataset.limited(all, data.limitTrain), place, precision);
            PrintWriter text = spec.commandLine().getOut();
            Double suggestion = found.suggestion();
            if (json) text.println(Metrics.JSON_LINE.writeValueAsString(found));
            else text.println(sentence(found.points(), suggestion));
            if (folder != null) {
                AtomicFile.write(folder.resolve("find-lr.png"), picture(found.points(), suggestion));
                AtomicFile.write(folder.resolve("find-lr.json"), Metrics.JSON.writeValueAsBytes(found));
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
                : "no rate can be suggested, as the loss does not fall more than it scatters: try more --steps, other --from and --to, or a larger --batch-size");
    }

    private LrFinder.Result find(Dataset train, Device place, Precision precision) {
        Preparation preparation = Preparation.of(train, network.model);
        Batches batches = Job.trainBatches(train, step.batchSize, compute.seed, preparation, !data.noAugment, data.dataset);
        Torch.manualSeed(compute.seed);
        try (Classifier model = network.model.create(train.classes())) {
            model.to(place, null, Testing.FORMAT);
            Objective objective = network.method(CrossEntropy.mean().labelSmoothing(step.labelSmoothing)).around(Testing.OBJECTIVE);
            try (Optimizer optimizer = step.optimizer.over(model.parameters(), step, from); var steps = new Steps(model, optimizer, objective, batches, place, precision)) {
                return LrFinder.run(model, optimizer, steps, LrFinder.options().range(from, to).steps(this.steps));
            } catch (IllegalStateException e) {
                throw new RunFailure(e.getMessage() + "; try a lower --from", e);
            }
        }
    }

    /** Steps of training, epoch after epoch. */
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
                Tensor images = Testing.formed(batch.input().to(place)), labels = batch.target().to(place), loss;
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

    /** The highest loss that is worth to be seen. What comes after the valley may be a thousand times as high, and would make a line at the bottom of all else. */
    static double ceiling(List<LrFinder.Point> p) {
        int lowest = IntStream.range(0, p.size()).boxed().min(Comparator.comparingDouble(i -> p.get(i).smoothed())).orElseThrow();
        List<LrFinder.Point> before = p.subList(0, Math.max(lowest + 1, (p.size() + 3) / 4));
        double top = before.stream().mapToDouble(LrFinder.Point::loss).max().orElseThrow(), bottom = before.stream().mapToDouble(q -> Math.min(q.loss(), q.smoothed())).min().orElseThrow();
        return top > bottom ? top + (top - bottom) / 2 : Double.POSITIVE_INFINITY;
    }

    static byte[] picture(List<LrFinder.Point> p, @Nullable Double suggestion) throws IOException {
        double ceiling = ceiling(p), highest = p.stream().mapToDouble(LrFinder.Point::loss).max().orElse(ceiling);
        boolean cut = highest > ceiling;
        XYChart chart = Curves.chart(800, 500, "Learning-rate range test", "learning rate", cut ? String.format(Locale.ROOT, "loss; it rises to %.3g", highest) : "loss");
        chart.getStyler().setXAxisLogarithmic(true);
        if (cut) chart.getStyler().setYAxisMax(ceiling);
        double[] rates = p.stream().mapToDouble(LrFinder.Point::lr).toArray();
        chart.addSeries("loss", rates, p.stream().mapToDouble(LrFinder.Point::loss).toArray()).setMarker(SeriesMarkers.NONE).setLineColor(java.awt.Color.LIGHT_GRAY);
        chart.addSeries("smoothed", rates, p.stream().mapToDouble(LrFinder.Point::smoothed).toArray()).setMarker(SeriesMarkers.NONE);
        if (suggestion != null) {
            double at = p.stream().filter(q -> q.lr() == suggestion).mapToDouble(LrFinder.Point::smoothed).findFirst().orElseThrow();
            chart.addSeries(String.format(Locale.ROOT, "suggestion %.2g", suggestion), new double[] {suggestion}, new double[] {at}).setMarker(SeriesMarkers.CIRCLE);
        }
        var png = new ByteArrayOutputStream();
        BitmapEncoder.saveBitmap(chart, png, BitmapEncoder.BitmapFormat.PNG);
        return png.toByteArray();
    }
}
