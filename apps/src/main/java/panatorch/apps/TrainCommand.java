package panatorch.apps;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import panatorch.apps.options.ConfigFile;
import panatorch.apps.options.DataPlan;
import panatorch.apps.options.LearningPlan;
import panatorch.apps.options.ModelName;
import panatorch.apps.options.OptionDependency;
import panatorch.apps.options.Preparation;
import panatorch.apps.options.RunOptions;
import panatorch.apps.options.TrainOptions;
import panatorch.apps.options.TrainPlan;
import panatorch.apps.run.Interruption;
import panatorch.apps.run.LabelRecipe;
import panatorch.apps.run.LaunchedGroup;
import panatorch.apps.run.RunLog;
import panatorch.apps.run.TrainingRun;
import panatorch.apps.run.TrainingSetup;
import panatorch.datasets.Dataset;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The command {@code panatorch train}. */
@Command(name = "train", sortOptions = false, abbreviateSynopsis = true,
        description = "Trains a network on images or texts, and writes its weights, metrics and charts.", footer = {
            "", "Examples:",
            "  panatorch train",
            "  panatorch train --dataset cifar10 --data DIR --epochs 30 --ema 0.999 --out runs/cifar",
            "  panatorch train --model vgg16-bn --dropout standard --optimizer adamw --schedule cosine --warm-up 1",
            "  panatorch train --model bert-tiny --dataset sst2 --data DIR --optimizer adamw",
            "  panatorch train --resume runs/cifar",
            "  panatorch train --config runs/cifar/config.json --seed 1",
            "  panatorch launch --ranks 2 -- train"})
final class TrainCommand implements Callable<Integer> {
    @Mixin(name = "All")
    private TrainOptions options = new TrainOptions();
    @Mixin(name = "Run")
    private RunOptions run = new RunOptions();
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override public Integer call() throws IOException, InterruptedException {
        options.check();
        run.check();
        if (LaunchedGroup.isRestarted() && run.resume == null) run.resume = run.out;
        RunLog.configure(run.verbose, run.quiet);
        DataPlan data = options.data();
        try (var group = LaunchedGroup.join(spec.commandLine().getOut(), run.silent());
                var interruption = Interruption.watch(); Dataset train = data.train(); Dataset test = data.test()) {
            TrainPlan plan = options.resolve();
            LearningPlan learning = plan.learning();
            ModelName model = plan.model().name();
            var setup = new TrainingSetup(spec.name(), model, data, data.limitedTrain(train), data.limitedTest(test),
                    Preparation.of(train, model), learning.epochs(), learning.step().batchSize(),
                    learning.accumulate(), learning.measure(), learning.earlyStop(), plan.compute().device(), learning.step().precision(),
                    plan.compute().seed(), group);
            List<OptionDependency> effects = OptionDependency.of(options);
            OptionDependency.check(spec, effects);
            OptionDependency.check(spec, OptionDependency.within(learning, setup.trainLoader().count()));
            OptionDependency.check(spec, OptionDependency.within(run, setup.epochs()));
            return new TrainingRun(spec, run, ConfigFile.of(spec, plan.derived(), OptionDependency.idle(effects)), interruption).run(setup,
                    () -> new LabelRecipe(plan, setup));
        }
    }
}
