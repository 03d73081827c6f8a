package panatorch.fuzz;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.TorchException;
import panatorch.jit.ScriptMethod;
import panatorch.jit.ScriptModule;

/**
 * Loads damaged copies of scripts in child processes, which a copy may crash: {@code Scripts SEED COUNT FILE…}. A copy must load, or be
 * refused with an exception that says why. What loads is looked at, but not called: code that runs may do anything.
 * {@code Scripts --copy SEED NUMBER FILE…} loads one copy in this process.
 */
public final class Scripts {
    private Scripts() {}

    private static final int RUNNING_LIMIT_SECONDS = 60;

    /**
     * The outcomes of all copies.
     *
     * @param crashes the copies that ended the process or did not return, with the end of its output
     * @param unexpected the copies that were refused with an exception of a wrong type
     */
    public record Report(long loaded, long refused, List<String> crashes, List<String> unexpected) {}

    public static void main(String[] args) throws IOException, InterruptedException {
        List<Path> files = new ArrayList<>();
        boolean inside = args.length > 0 && args[0].startsWith("--");
        for (int i = inside ? args[0].equals("--child") ? 5 : 3 : 2; i < args.length; i++) files.add(Path.of(args[i]));
        if (files.isEmpty()) {
            System.err.println("usage: Scripts SEED COUNT FILE… | Scripts --copy SEED NUMBER FILE…");
            System.exit(2);
        }
        if (inside && args[0].equals("--child")) {
            child(Long.parseLong(args[1]), Long.parseLong(args[2]), Long.parseLong(args[3]), Path.of(args[4]), files);
        } else if (inside) {
            Path copy = Files.createTempFile("script", ".ts");
            Files.write(copy, damaged(Long.parseLong(args[1]), Long.parseLong(args[2]), files));
            System.out.println(copy);
            look(copy);
        } else {
            Report report = run(Long.parseLong(args[0]), Long.parseLong(args[1]), files, Files.createTempDirectory("panatorch-scripts"));
            report.crashes.forEach(c -> System.out.println("crash\t" + c));
            report.unexpected.forEach(c -> System.out.println("unexpected\t" + c));
            System.out.printf("%d loaded, %d refused, %d crashed, %d with another exception%n", report.loaded, report.refused,
                    report.crashes.size(), report.unexpected.size());
        }
    }

    private static byte[] damaged(long seed, long number, List<Path> files) throws IOException {
        return new Mutation(new SplittableRandom(seed * 1_000_003 + number)).of(files.get((int) (number % files.size())));
    }

    /** Loads damaged copies of files, with an empty folder for what is written meanwhile. */
    public static Report run(long seed, long count, List<Path> files, Path folder) throws IOException, InterruptedException {
        MemorySegment progress = OperatorsChild.map(Files.write(folder.resolve("progress"), new byte[OperatorsChild.PROGRESS_BYTES]));
        var crashes = new ArrayList<String>();
        for (long from = 0; from < count;) {
            var command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx512m",
                    "-XX:-CreateCoredumpOnCrash", "-XX:ErrorFile=" + folder.resolve("hs_%p.log"), "--enable-native-access=ALL-UNNAMED",
                    "-cp",
                    System.getProperty("java.class.path"), Scripts.class.getName(), "--child", Long.toString(seed), Long.toString(from),
                    Long.toString(count), folder.toString()));
            files.forEach(f -> command.add(f.toAbsolutePath().toString()));
            Path output = folder.resolve("output");
            Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
            boolean ended = await(process, progress);
            if (ended && process.exitValue() == 0) break;
            long number = progress.get(ValueLayout.JAVA_LONG, OperatorsChild.NUMBER);
            String said = Files.readString(output, StandardCharsets.ISO_8859_1);
            crashes.add(number + "\t" + (ended ? "status " + process.exitValue() : "did not return") + "\t" + said.lines()
                    .filter(l -> l.contains("SIG") || l.contains("# C ") || l.contains("terminate") || l.contains("Error")).toList());
            System.err.println("crash\t" + crashes.getLast());
            from = number + 1;
        }
        Path unexpected = folder.resolve("unexpected");
        return new Report(progress.get(ValueLayout.JAVA_LONG, OperatorsChild.RETURNED),
                progress.get(ValueLayout.JAVA_LONG, OperatorsChild.REFUSED), crashes,
                Files.exists(unexpected) ? Files.readAllLines(unexpected) : List.of());
    }

    /** Waits for the end of a process, and ends it if it works on one copy for too long. Returns whether it ended by itself. */
    private static boolean await(Process process, MemorySegment progress) throws InterruptedException {
        long last = -1, since = System.nanoTime();
        while (!process.waitFor(1, TimeUnit.SECONDS)) {
            long number = progress.get(ValueLayout.JAVA_LONG, OperatorsChild.NUMBER);
            if (number != last) since = System.nanoTime();
            last = number;
            if (System.nanoTime() - since < TimeUnit.SECONDS.toNanos(RUNNING_LIMIT_SECONDS)) continue;
            process.destroyForcibly().waitFor();
            return false;
        }
        return true;
    }

    private static void child(long seed, long from, long to, Path folder, List<Path> files) throws IOException {
        MemorySegment progress = OperatorsChild.map(folder.resolve("progress"));
        Path copy = folder.resolve("copy.ts");
        for (long i = from; i < to; i++) {
            progress.set(ValueLayout.JAVA_LONG, OperatorsChild.NUMBER, i);
            Files.write(copy, damaged(seed, i, files));
            int outcome = OperatorsChild.RETURNED;
            try {
                look(copy);
            } catch (IOException | TorchException | UnsupportedOperationException e) {
                outcome = OperatorsChild.REFUSED;
            } catch (RuntimeException | Error e) {
                outcome = OperatorsChild.SKIPPED;
                Files.writeString(folder.resolve("unexpected"), i + "\t" + e + " at " + e.getStackTrace()[0] + "\n",
                        StandardOpenOption.CREATE,
                        StandardOpenOption.APPEND);
            }
            progress.set(ValueLayout.JAVA_LONG, outcome, progress.get(ValueLayout.JAVA_LONG, outcome) + 1);
        }
        Runtime.getRuntime().halt(0);
    }

    /** Loads a script and reads all of its parts. */
    private static void look(Path file) throws IOException {
        try (var module = ScriptModule.load(file); var scope = Scope.open()) {
            for (Tensor t : module.stateDict().values()) {
                Tensor _ = t.detach().contiguous().clone();
            }
            for (String name : module.attributeNames()) module.attribute(name);
            for (ScriptMethod m : module.methods().values()) {
                var _ = m.parameters();
            }
        }
    }
}
