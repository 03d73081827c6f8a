package panatorch.apps;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.Callable;
import panatorch.Device;
import panatorch.Scope;
import panatorch.apps.console.InputException;
import panatorch.apps.measures.DroppingHead;
import panatorch.apps.options.Checkpoint;
import panatorch.apps.options.CheckpointOptions;
import panatorch.apps.options.ComputeOptions;
import panatorch.apps.options.DistillOptions;
import panatorch.apps.options.Effect;
import panatorch.apps.options.MeasureName;
import panatorch.apps.options.RunOptions;
import panatorch.apps.options.SetOptions;
import panatorch.apps.run.Conductor;
import panatorch.apps.run.Interruption;
import panatorch.apps.run.Job;
import panatorch.apps.run.RunLog;
import panatorch.apps.run.TeacherLearning;
import panatorch.datasets.Dataset;
import panatorch.models.Classifier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code panatorch distill}. */
@Command(name = "distill", sortOptions = false, abbreviateSynopsis = true, description = "Trains a student that says in one pass what a network with dropout says on average over its masks (Bulò et al. 2016). Labels are not learnt from.", footer = {
        "", "Examples:",
        "  panatorch distill --teacher runs/allconv/model.safetensors --data DIR --out runs/student",
        "  panatorch distill --resume runs/student",
        "  panatorch evaluate --checkpoint runs/student/model.safetensors --data DIR"})
final class DistillCommand implements Callable<Integer> {
    @Option(names = "--teacher", paramLabel = "FILE", required = true, description = "weights of a network that was trained with dropout, or its run's folder")
    private Path teacher;

    @Mixin(name = "Teacher") private CheckpointOptions options = new CheckpointOptions();
    @Mixin(name = "Data") private SetOptions set = new SetOptions();
    @Mixin(name = "Learning") private DistillOptions learning = new DistillOptions();
    @Mixin(name = "Compute") private ComputeOptions compute = new ComputeOptions();
    @Mixin(name = "Run") private RunOptions run = new RunOptions();
    @Spec private CommandSpec spec;

    @Override public Integer call() throws IOException {
        options.check();
        set.check();
        learning.check();
        compute.check();
        run.check();
        RunLog.configure(run.verbose, run.quiet);
        try (var interruption = Interruption.watch(); var scope = Scope.open()) {
            Checkpoint weights = Checkpoint.read(teacher);
            if (run.out != null && run.out.toAbsolutePath().normalize().equals(weights.file().toAbsolutePath().normalize().getParent())) throw new InputException("--out must be another folder than the teacher's, " + run.out);
            // what takes effect is put in the place of what was not said: the options are what the run's files tell of it
            options.resolve(weights);
            set.resolve(weights);
            learning.resolve(options.model());
            Device place = compute.resolve();
            try (Dataset train = set.train(weights); Dataset test = set.test(weights); Classifier network = options.network(weights, test.classes(), place)) {
                Classifier random = DroppingHead.random(network, options.dropoutP(), "distill");
                var job = new Job(spec.name(), options.model(), set.dataset(), set.dataset().limited(train, learning.limitTrain), set.dataset().limited(test, set.limitTest),
                        weights.preparation(train, options.model(), options.normalize), !learning.noAugment, learning.epochs, learning.batchSize, 1, set.damaged, MeasureName.LOSS, null, place, options.precision().resolve(place), compute.seed);
                Effect.check(spec, Effect.of(set.dataset()));
                Effect.check(spec, Effect.within(run, job.epochs()));
                return new Conductor(spec, run, Set.of(), interruption).run(job, folder -> set.dataset().saveWith(folder, set.data, weights.file()), () -> new TeacherLearning(learning, job, network, random, options.dropoutP()));
            }
        }
    }
}
