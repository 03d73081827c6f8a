package panatorch.apps;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import panatorch.Scope;
import panatorch.apps.console.InputException;
import panatorch.apps.measures.HeadDropout;
import panatorch.apps.options.Checkpoint;
import panatorch.apps.options.CheckpointOptions;
import panatorch.apps.options.CheckpointPlan;
import panatorch.apps.options.ComputeOptions;
import panatorch.apps.options.ComputePlan;
import panatorch.apps.options.ConfigFile;
import panatorch.apps.options.DataPlan;
import panatorch.apps.options.DistillOptions;
import panatorch.apps.options.DistillPlan;
import panatorch.apps.options.EvaluationDataOptions;
import panatorch.apps.options.MeasureName;
import panatorch.apps.options.OptionDependency;
import panatorch.apps.options.RunOptions;
import panatorch.apps.run.DistillationRecipe;
import panatorch.apps.run.Interruption;
import panatorch.apps.run.RunLog;
import panatorch.apps.run.TrainingRun;
import panatorch.apps.run.TrainingSetup;
import panatorch.datasets.Dataset;
import panatorch.models.Classifier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command {@code panatorch distill}. */
@Command(name = "distill", sortOptions = false, abbreviateSynopsis = true,
        description = "Trains a student to predict in one pass what a network with dropout predicts on average over its masks (Bulò et "
                + "al. 2016). It needs no labels.",
        footer = {
            "", "Examples:",
            "  panatorch distill --teacher runs/allconv/model.safetensors --data DIR --out runs/student",
            "  panatorch distill --resume runs/student",
            "  panatorch evaluate --checkpoint runs/student/model.safetensors --data DIR"})
final class DistillCommand implements Callable<Integer> {
    @Option(names = "--teacher", paramLabel = "FILE", required = true,
            description = "weights of a network that was trained with dropout, or its run's folder")
    private Path teacher = Path.of("");

    @Mixin(name = "Teacher")
    private CheckpointOptions options = new CheckpointOptions();
    @Mixin(name = "Data")
    private EvaluationDataOptions set = new EvaluationDataOptions();
    @Mixin(name = "Learning")
    private DistillOptions learning = new DistillOptions();
    @Mixin(name = "Compute")
    private ComputeOptions compute = new ComputeOptions();
    @Mixin(name = "Run")
    private RunOptions run = new RunOptions();
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override public Integer call() throws IOException {
        options.check();
        set.check();
        learning.check();
        compute.check();
        run.check();
        RunLog.configure(run.verbose, run.quiet);
        try (var interruption = Interruption.watch(); var scope = Scope.open()) {
            Checkpoint weights = Checkpoint.read(teacher);
            if (run.out != null && run.out.toAbsolutePath().normalize().equals(weights.file().toAbsolutePath().normalize().getParent()))
                throw new InputException("--out must be another folder than the teacher's, " + run.out);
            CheckpointPlan checkpoint = options.resolve(weights);
            DataPlan data = learning.resolve(set.resolve(weights));
            DistillPlan plan = learning.resolve(checkpoint.model());
            ComputePlan place = compute.resolve();
            try (Dataset train = data.train(); Dataset test = data.test();
                    Classifier network = checkpoint.network(weights, test.classes(), place.device())) {
                Classifier random = HeadDropout.random(network, checkpoint.dropoutP(), "distill");
                var setup = new TrainingSetup(spec.name(), checkpoint.model(), data, data.limitedTrain(train), data.limitedTest(test),
                        weights.preparation(train, checkpoint.model(), checkpoint.normalize()), plan.epochs(), plan.batchSize(), 1,
                        MeasureName.LOSS, null, place.device(),
                        checkpoint.precision().resolve(place.device()), place.seed(), null);
                OptionDependency.check(spec, OptionDependency.of(data.dataset()));
                OptionDependency.check(spec, OptionDependency.within(run, setup.epochs()));
                var derived = new LinkedHashMap<>(checkpoint.derived());
                for (Map<String, Object> more : List.of(data.derived(), plan.derived(), place.derived())) derived.putAll(more);
                return new TrainingRun(spec, run, ConfigFile.of(spec, derived, Set.of()), interruption).run(setup,
                        () -> new DistillationRecipe(plan, setup, network, random, checkpoint.dropoutP()));
            }
        }
    }
}
