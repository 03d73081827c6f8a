package panatorch.apps;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The command {@code panatorch completion}. */
@Command(name = "completion", description = "Prints a script with which bash and zsh complete commands, options and their values.",
        footer = {
            "", "Example:", "  panatorch completion > ~/.panatorch-completion", "  source ~/.panatorch-completion"})
final class CompletionCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        out.print(AutoComplete.bash("panatorch", spec.parent().commandLine()));
        out.flush();
        return 0;
    }
}
