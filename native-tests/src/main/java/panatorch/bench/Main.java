package panatorch.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import panatorch.Torch;

/** The command line of {@code bench/run}; see {@link #USAGE}. */
public final class Main {
    private Main() {}

    private static final JsonMapper JSON = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
    private static final String USAGE = """
            usage: PYTHON=INTERPRETER bench/run [WORKLOAD…] [--pairs N] [--json FILE] [--results FILE]
                   bench/run --results FILE --from JSONFILE…
                   bench/run --list
                   bench/run --own-costs
                   bench/run --msd-step
            Times workloads (all, if none is named) in Java and in Python in turn.
            --pairs N         runs N pairs of Java and Python, 7 by default
            --json FILE       keeps the figures in FILE
            --results FILE    writes a page of the figures of this run, or of the JSON files of earlier runs
            --list            lists the workloads
            --own-costs       measures the overhead of PanaTorch itself, without Python
            --msd-step        measures how much 8 dropout samples add to a training step, without Python""";

    /** A wrong command line: prints one sentence and ends with status 2. */
    private static final class Wrong extends RuntimeException {
        private static final long serialVersionUID = 1;

        Wrong(String sentence) { super(sentence); }
    }

    public static void main(String[] args) {
        int status = run(System.err, System.getenv("PYTHON"), args);
        if (status != 0) System.exit(status);
    }

    /** Runs the command line and returns the exit status: 0, 2 after a wrong call, or 1 after a failure. */
    static int run(PrintStream errors, @Nullable String python, String... args) {
        try {
            execute(python, args);
            return 0;
        } catch (Wrong e) {
            errors.println(e.getMessage());
            return 2;
        } catch (IOException e) {
            errors.println(e.getMessage());
            return 1;
        }
    }

    private static void execute(@Nullable String python, String[] args) throws IOException {
        var names = new ArrayList<String>();
        var from = new ArrayList<Path>();
        Path json = null, results = null;
        int pairs = 7;
        for (int i = 0; i < args.length; i++) {
            switch (args[i]) {
                case "--json" -> json = output(args, ++i);
                case "--results" -> results = output(args, ++i);
                case "--from" -> {
                    from.add(Path.of(value(args, ++i)));
                    while (i + 1 < args.length && !args[i + 1].startsWith("--")) from.add(Path.of(args[++i]));
                }
                case "--pairs" -> pairs = number(value(args, ++i));
                case "--list" -> {
                    Workloads.ALL.values().forEach(w -> System.out.printf("%-32s %s%n", w.name(), w.summary()));
                    return;
                }
                case "--own-costs" -> {
                    OwnCosts.print();
                    return;
                }
                case "--msd-step" -> {
                    MsdStep.print(21);
                    return;
                }
                case "--help", "-h" -> {
                    System.out.println(USAGE);
                    return;
                }
                default -> {
                    if (!Workloads.ALL.containsKey(args[i]))
                        throw new Wrong("There is no workload and no option " + args[i] + "; the workloads are " + Workloads.ALL.keySet()
                                + ".\n" + USAGE);
                    names.add(args[i]);
                }
            }
        }
        if (!from.isEmpty() && (results == null || json != null || !names.isEmpty()))
            throw new Wrong("--from goes with --results alone: nothing is measured.\n" + USAGE);
        var documents = new ArrayList<JsonNode>();
        for (Path file : from) documents.add(JSON.readTree(file.toFile()));
        if (from.isEmpty()) documents.add(measure(new Harness(interpreter(python), scripts(), pairs), names, json));
        if (results != null) write(results, Results.text(documents).getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Measures workloads.
     *
     * @param names names of workloads, or none for all that can be run here
     * @param json the file that keeps the figures after each workload, or null for none
     */
    private static JsonNode measure(Harness harness, List<String> names, @Nullable Path json) throws IOException {
        for (String name : names.isEmpty() ? Workloads.ALL.keySet() : names) {
            try {
                harness.run(Objects.requireNonNull(Workloads.ALL.get(name), name));
            } catch (MissingException e) {
                if (!names.isEmpty()) throw new Wrong(String.valueOf(e.getMessage()));
                System.out.println("\nLeft out: " + e.getMessage());
            }
            if (json != null) write(json, JSON.writeValueAsBytes(harness.document()));
        }
        return harness.document();
    }

    /** Returns the folder of the programs of the other sides. */
    static Path scripts() {
        return Path.of(System.getProperty("panatorch.bench.scripts", "native-tests/bench"));
    }

    /** Writes a file under a temporary name and renames it, so that nobody reads a partly written file. */
    private static void write(Path file, byte[] content) throws IOException {
        Path unfinished = file.resolveSibling(file.getFileName() + ".tmp");
        Files.write(unfinished, content);
        Files.move(unfinished, file, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Returns the output file of an option, after checking that it can be written: the measuring before may take hours. */
    private static Path output(String[] args, int i) {
        Path file = Path.of(value(args, i));
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder))
            throw new Wrong("The folder of " + args[i - 1] + " " + file + " does not exist.");
        return file;
    }

    private static String value(String[] args, int i) {
        if (i == args.length) throw new Wrong(args[i - 1] + " needs a value.\n" + USAGE);
        return args[i];
    }

    private static int number(String text) {
        if (!text.matches("[1-9]\\d{0,5}")) throw new Wrong("--pairs is a whole number from 1 on, not " + text + ".");
        return Integer.parseInt(text);
    }

    private static String interpreter(@Nullable String python) {
        if (python == null || python.isEmpty())
            throw new Wrong("Set PYTHON to a Python interpreter that has torch " + Torch.version() + ", to compare with.");
        return python;
    }
}
