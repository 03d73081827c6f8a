package panatorch.apps;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import panatorch.apps.console.InputException;
import panatorch.apps.options.OptionCheck;
import panatorch.apps.run.LocalRanks;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command {@code panatorch launch}. */
@Command(name = "launch", sortOptions = false,
        description = "Starts processes on this machine that train one network together. Across machines, torchrun --no-python, Slurm and "
                + "Kubeflow start the same command.",
        footer = {
            "", "Examples:", "  panatorch launch --ranks 2 -- train --epochs 10 --out runs/two",
            "  panatorch launch --ranks 3 -- train --resume runs/two --threads 1"})
final class LaunchCommand implements Callable<Integer> {
    @Option(names = "--ranks", paramLabel = "N", required = true,
            description = "number of processes, which share the cores, and the items of each batch")
    private int ranks;

    @Parameters(paramLabel = "COMMAND", arity = "1..*", description = "the command train, with its options")
    private List<String> words = List.of();

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override public Integer call() throws IOException, InterruptedException {
        OptionCheck.atLeast("--ranks", ranks, 1);
        if (!words.getFirst().equals("train"))
            throw new InputException("launch starts train, and no other command can share its work; it was given " + words.getFirst());
        return new LocalRanks(Panatorch.class, words, ranks, spec.commandLine().getErr()).run();
    }
}
