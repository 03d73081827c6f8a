package panatorch.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import panatorch.Torch;

/** The command line of {@code bench/run}; see {@link #USAGE}. */
public final class Main {
    private Main() {}

    private static final String USAGE = """
            usage: PYTHON=INTERPRETER bench/run [WORKLOAD…] [--json FILE] [--pairs N] [--list]
                   bench/run --own-costs
                   bench/run --msd-step
            Times the workloads, all if none is named, in Java and in Python in turn; or, without Python, what PanaTorch itself adds, or what 8 dropout samples add to a step.""";

    /** A new workload is one more line here. */
    private static final Map<String, Supplier<Workload>> WORKLOADS = new LinkedHashMap<>();

    static {
        WORKLOADS.put("operator-calls", OperatorCalls::new);
        WORKLOADS.put("backward-chain", BackwardChain::new);
        WORKLOADS.put("gyro-step", GyroStep::new);
        WORKLOADS.put("distillation-step", DistillationStep::new);
        WORKLOADS.put("msd-head", MsdHead::againstLoop);
        WORKLOADS.put("msd-head-batched", MsdHead::againstBatch);
        WORKLOADS.put("msd-head-fast-masks", MsdHead::withFastMasks);
        WORKLOADS.put("data-loading", DataLoading::new);
        WORKLOADS.put("start-up", StartUp::new);
        for (TrainingStep.Net net : TrainingStep.Net.values()) WORKLOADS.put(net + "-step", () -> new TrainingStep(net));
    }

    /** A wrong call: one sentence, and status 2. */
    private static final class Wrong extends RuntimeException {
        private static final long serialVersionUID = 1;

        Wrong(String sentence) { super(sentence); }
    }

    public static void main(String[] args) {
        int status = run(System.err, System.getenv("PYTHON"), args);
        if (status != 0) System.exit(status);
    }

    /** The exit status: 0, 2 after a wrong call, 1 after a failure. */
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
        Path json = null;
        int pairs = 7;
        for (int i = 0; i < args.length; i++) {
            switch (args[i]) {
                case "--json" -> json = Path.of(value(args, ++i));
                case "--pairs" -> pairs = number(value(args, ++i));
                case "--list" -> {
                    list();
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
                    if (!WORKLOADS.containsKey(args[i])) throw new Wrong("There is no workload and no option " + args[i] + "; the workloads are " + WORKLOADS.keySet() + ".\n" + USAGE);
                    names.add(args[i]);
                }
            }
        }
        if (json != null && !Files.isDirectory(json.toAbsolutePath().getParent())) throw new Wrong("The folder of --json " + json + " does not exist.");
        var harness = new Harness(interpreter(python), Path.of(System.getProperty("panatorch.bench.scripts", "native-tests/bench")), pairs);
        for (String name : names.isEmpty() ? WORKLOADS.keySet() : names) {
            try (var workload = WORKLOADS.get(name).get()) {
                harness.run(workload);
            }
        }
        if (json != null) harness.write(json);
    }

    private static void list() {
        WORKLOADS.forEach((name, make) -> {
            try (var w = make.get()) {
                System.out.printf("%-24s %s%n", name, w.summary());
            }
        });
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
        if (python == null || python.isEmpty()) throw new Wrong("Set PYTHON to a Python interpreter that has torch " + Torch.version() + ", to compare with.");
        return python;
    }
}
