package panatorch.apps;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.InvalidPathException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import panatorch.apps.console.ConsoleWriter;
import panatorch.apps.console.ExitStatus;
import panatorch.apps.console.InputException;
import panatorch.apps.console.Json;
import panatorch.apps.console.LauncherReport;
import panatorch.apps.console.Printable;
import panatorch.apps.console.RunFailure;
import panatorch.apps.console.StandardOutput;
import panatorch.apps.options.ConfigFile;
import panatorch.apps.options.GivenOptions;
import panatorch.apps.options.OptionConverters;
import panatorch.apps.reproduce.Scale;
import panatorch.apps.options.OptionSections;
import panatorch.apps.options.SpellingHint;
import panatorch.datasets.DatasetException;
import panatorch.distributed.DistributedException;
import panatorch.serialize.MalformedFileException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/**
 * The command line. Errors are one sentence on standard error; {@code --stacktrace} adds where they came from. See {@link ExitStatus} for
 * the exit statuses.
 */
@Command(name = "panatorch", synopsisSubcommandLabel = "COMMAND", description = "PyTorch's engine in plain Java.",
        versionProvider = Version.class,
        subcommands = {TrainCommand.class, EvaluateCommand.class, PredictCommand.class, RunCommand.class, GenerateCommand.class,
            ServeCommand.class,
            DistillCommand.class,
            LaunchCommand.class,
            FindLrCommand.class, CompareCommand.class, InspectCommand.class, ConvertCommand.class, OptimizeCommand.class,
            ReproduceCommand.class,
            DoctorCommand.class, CompletionCommand.class},
        footer = {"", "Example:", "  panatorch train", "", "panatorch COMMAND --help shows a command's options."})
public final class Panatorch implements Runnable, GivenOptions {
    @Option(names = {"-h", "--help"}, usageHelp = true, scope = ScopeType.INHERIT, description = "Show this help.")
    private boolean help;

    @Option(names = {"-V", "--version"}, versionHelp = true, description = "Show the version.")
    private boolean version;

    @Option(names = "--stacktrace", scope = ScopeType.INHERIT, description = "Show where in the program an error came from.")
    private boolean stackTrace;

    @Spec
    private CommandSpec spec = CommandSpec.create();
    private String[] args = {};

    public static void main(String[] args) {
        System.setProperty("java.awt.headless", "true");
        var out = new StandardOutput();
        System.exit(run(args, out.writer(), new PrintWriter(System.err), out::readerLeft));
    }

    /**
     * Runs a command.
     *
     * @param words the command and its arguments
     * @param out where results are printed
     * @param err where errors are printed
     * @return the exit status
     */
    static int run(String[] words, PrintWriter out, PrintWriter err) { return run(words, out, err, () -> false); }

    private static int run(String[] words, PrintWriter rawOut, PrintWriter rawErr, BooleanSupplier readerLeft) {
        PrintWriter out = new ConsoleWriter(rawOut), err = new ConsoleWriter(rawErr);
        String[] args = helpAsOption(words);
        var panatorch = new Panatorch();
        panatorch.args = args;
        CommandLine line = new CommandLine(panatorch).setOut(out).setErr(err).setUsageHelpWidth(110).setUsageHelpAutoWidth(true)
                .setUsageHelpLongOptionsMaxWidth(30).setOverwrittenOptionsAllowed(true)
                .setExecutionStrategy(parsed -> {
                    // help has colours, whose escape sequences are the program's own
                    for (CommandLine c : parsed.asCommandLineList()) if (c.isUsageHelpRequested()) c.setOut(rawOut);
                    return new CommandLine.RunLast().execute(parsed);
                })
                .setParameterExceptionHandler((e, a) -> panatorch.reportError(
                        e instanceof CommandLine.MissingParameterException ? mistyped(e, a) : e, ExitStatus.WRONG_CALL, e.getCommandLine()))
                .setExecutionExceptionHandler((e, commandLine, result) -> panatorch.reportError(e, status(e), commandLine));
        OptionConverters.register(line);
        OptionConverters.names(line, Scale.class);
        for (CommandLine command : line.getSubcommands().values()) {
            OptionSections.show(command);
            // What follows are words of another command.
            if (command.getCommandName().equals("launch")) command.setStopAtPositional(true);
        }
        int status;
        try {
            status = line.execute(ConfigFile.expand(args, line.getSubcommands()));
        } catch (InputException e) {
            status = panatorch.reportError(e, ExitStatus.WRONG_CALL, line);
        } catch (Error e) {
            // picocli handles exceptions only, but a library that does not load is an Error
            status = panatorch.reportError(e, ExitStatus.FAILURE, line);
        }
        if (out.checkError() && status == 0) {
            if (!readerLeft.getAsBoolean()) err.println("panatorch: standard output could not be written");
            status = readerLeft.getAsBoolean() ? ExitStatus.READER_LEFT : ExitStatus.FAILURE;
        }
        err.flush();
        return status;
    }

    /** Turns {@code help COMMAND}, which many programs have, into {@code COMMAND --help}. */
    private static String[] helpAsOption(String[] words) {
        if (words.length == 0 || !words[0].equals("help")) return words;
        String[] args = Arrays.copyOfRange(words, 1, words.length + 1);
        args[words.length - 1] = "--help";
        return args;
    }

    @Override public Set<String> given(CommandSpec command) {
        return Arrays.stream(args).filter(a -> a.startsWith("--"))
                .map(a -> command.findOption(a.contains("=") ? a.substring(0, a.indexOf('=')) : a))
                .filter(Objects::nonNull).map(OptionSpec::longestName).collect(Collectors.toSet());
    }

    @Override public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(),
                "a command is needed, as train or evaluate; panatorch --help lists all");
    }

    private static int status(Throwable e) {
        return switch (cause(e)) {
            case InputException _,DatasetException _,MalformedFileException _,InvalidPathException _ -> ExitStatus.WRONG_CALL;
            default -> ExitStatus.FAILURE;
        };
    }

    /** Returns the exception of the thread that failed: a {@code DataLoader} reads on threads of its own. */
    private static Throwable cause(Throwable e) {
        Throwable cause = e.getCause();
        return e instanceof CompletionException && cause != null ? cause : e;
    }

    private int reportError(Throwable e, int status, CommandLine line) {
        Throwable cause = cause(e);
        String sentence = sentence(cause);
        if (List.of(args).contains("--json")) line.getOut().println(failed(sentence));
        line.getOut().flush();
        line.getErr().println("panatorch: " + Printable.line(sentence));
        LauncherReport.write(sentence);
        if (stackTrace) cause.printStackTrace(line.getErr());
        return status;
    }

    /** Returns the JSON object that is printed in place of a result. */
    private static String failed(String sentence) {
        try {
            return Json.LINE.writeValueAsString(Map.of("error", sentence));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** Returns the misspelt option if there is one, because it explains a missing option better than the option's absence does. */
    private static Exception mistyped(CommandLine.ParameterException missing, String[] args) {
        CommandSpec command = missing.getCommandLine().getCommandSpec();
        for (String a : args) {
            if (a.equals("--")) break;
            String name = a.contains("=") ? a.substring(0, a.indexOf('=')) : a;
            if (!name.startsWith("--") || command.findOption(name) != null) continue;
            return new InputException("unknown option " + name + more(SpellingHint.of(name, command.optionsMap().keySet()), command),
                    missing);
        }
        return missing;
    }

    private static String more(String hint, CommandSpec command) {
        return (hint.isEmpty() ? "; " : hint + " ") + command.qualifiedName() + " --help shows all";
    }

    private static String sentence(Throwable e) {
        if (e instanceof CommandLine.UnmatchedArgumentException u) return unknown(u);
        if (e instanceof IOException io) return InputException.reason(io);
        if (e instanceof InvalidPathException path) return "'" + path.getInput() + "' is no path: " + InputException.reason(path);
        boolean meant = e instanceof InputException || e instanceof RunFailure || e instanceof DatasetException
                || e instanceof DistributedException || e instanceof UnsatisfiedLinkError || e instanceof CommandLine.ParameterException;
        String message = e.getMessage() == null ? e.toString() : e.getMessage();
        return meant ? message
                : e.getClass().getSimpleName() + ": " + message.lines().findFirst().orElse("") + " (--stacktrace shows more)";
    }

    private static String unknown(CommandLine.UnmatchedArgumentException e) {
        String first = e.getUnmatched().getFirst();
        List<String> similar = e.getSuggestions();
        return "unknown " + (first.startsWith("-") ? "option " : "argument ") + first
                + more(similar.isEmpty() ? "" : ", did you mean " + String.join(" or ", similar) + "?",
                        e.getCommandLine().getCommandSpec());
    }
}
