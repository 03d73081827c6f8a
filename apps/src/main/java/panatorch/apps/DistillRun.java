package panatorch.apps;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.amp.Precision;
import panatorch.datasets.DataLoader;
import panatorch.datasets.Dataset;
import panatorch.models.Classifier;
import panatorch.nn.Module;
import panatorch.nn.dropout.distillation.Distillation;
import panatorch.nn.dropout.distillation.Monitor;
import panatorch.nn.dropout.distillation.PaperSchedule;
import panatorch.nn.dropout.distillation.Perturbation;
import panatorch.nn.dropout.distillation.Teacher;
import panatorch.optim.MultiStepLR;
import panatorch.serialize.Safetensors;
import panatorch.train.Batches;
import panatorch.train.Metric;
import panatorch.train.Schedule;
import panatorch.train.Trainer;

/** A student that learns what a network says on average over its dropout masks, and the files of it. Owns the student; one thread's. */
final class DistillRun implements AutoCloseable {
    /** How a student learns: as the command's options have it. */
    record Recipe(int epochs, double lr, int samples, double perturb, int batchSize, long seed) {
        /** The epoch after which the rate is a tenth: two thirds of them, as in the paper. */
        long fall() { return Math.max(1, Math.round(epochs * 2 / 3.0)); }
    }

    private final Recipe recipe;
    private final Classifier teacher, student;
    private final Device device;
    private final Precision precision;
    private final Path folder;

    /** @param network the teacher's weights; @param random it, or what makes it random, which shares them */
    DistillRun(Recipe recipe, Classifier network, Classifier random, Device device, Precision precision, Path folder) {
        this.recipe = recipe;
        this.device = device;
        this.precision = precision;
        this.folder = folder;
        teacher = random;
        student = Module.copyOf(network);
    }

    Classifier student() { return student; }

    /** Trains the student, and tests it after each epoch; labels are read for what is told only. @param augment whether images are cropped and flipped at random as in training */
    Metrics train(Dataset set, Dataset tests, Preparation preparation, boolean augment, boolean mirror, Map<String, Object> config, PrintWriter out, boolean silent, Interruption interruption) {
        Batches train = Testing.batches(DataLoader.of(set, recipe.batchSize).shuffle().seed(recipe.seed).transform(preparation.training(augment, mirror)).build());
        Batches test = Testing.batches(tests, preparation.testing(), Testing.BATCH_SIZE);
        Perturbation perturbation = recipe.perturb == 0 ? null : Perturbation.pixels(recipe.perturb);
        try (var optimizer = PaperSchedule.optimizer(student, recipe.lr); var distillation = new Distillation(new Teacher(teacher, recipe.samples), perturbation)) {
            Monitor monitor = distillation.monitor();
            var log = new EpochLog(folder, config, student.parameterCount(), false, epoch -> known(monitor.history().get(epoch)));
            var progress = new RunProgress(log, done -> Progress.of(new Progress.Plan(recipe.epochs, 0, set.size(), tests.size()), out, silent), 0, false, "--lr", () -> known(monitor.means()));
            var schedule = Schedule.eachEpoch(new MultiStepLR(optimizer, 0.1, recipe.fall())); // the paper's, of as many epochs as there are
            try (progress; var trainer = Trainer.of(student, optimizer, distillation).evaluateBy(Testing.OBJECTIVE).metrics(Metric.ACCURACY).device(device).precision(precision)
                    .memoryFormat(Testing.FORMAT).callbacks(schedule, monitor, log, progress, interruption).build()) {
                trainer.fit(train, test, recipe.epochs);
            }
            interruption.check();
            return log.metrics();
        }
    }

    /** One mask an example tells nothing of what the student cannot get below. */
    private static @Nullable Double known(Monitor.Means means) { return Double.isNaN(means.excess()) ? null : means.excess(); }

    /** @param about the weights, beside what every checkpoint says of itself */
    void save(ModelName model, DatasetName dataset, Map<String, String> about) throws IOException {
        var metadata = new TreeMap<>(about);
        metadata.put("format", "pt");
        metadata.put("model", model.toString());
        metadata.put("dataset", dataset.toString());
        metadata.put("precision", precision.toString());
        metadata.put("dropout_p", "0");
        Safetensors.save(folder.resolve(Run.WEIGHTS), student.stateDict(), metadata);
    }

    @Override public void close() { student.close(); }
}
