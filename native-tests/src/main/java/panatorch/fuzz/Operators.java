package panatorch.fuzz;

import java.io.File;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Calls all operators with hostile arguments, in child processes, which a call may crash: {@code Operators SEED COUNT}.
 * {@code Operators --call SEED NUMBER} makes one call in this process. {@code --diverged} in front makes legal calls with the values of
 * diverged models instead.
 *
 * <p>
 * A call must return or be refused with an exception that says why. After a crash, or a call that takes more than five seconds of processor
 * time or a minute, a new process continues with the next call. An operator that has crashed is left out from then on.
 */
public final class Operators {
    private Operators() {}

    /** The limit of a child's memory: more than a call of small tensors needs, so that a huge allocation fails. */
    private static final long ADDRESS_SPACE_KIB = 8L << 20;
    /** The number of calls of one process: settings that an operator changes end with it. */
    private static final long CALLS = 20_000;
    private static final int SLOW_CALLS = 2;
    private static final Pattern FRAME = Pattern.compile("# Problematic frame:\\s*# (.*)"), SIGNAL = Pattern.compile("(SIG[A-Z]+)"),
            TERMINATE = Pattern.compile("(terminate called.*|.*free\\(\\).*|.*malloc.*|.*corrupt.*)");
    /** The operators that are not called: those that end or block a process on purpose, or concern devices and other processes. */
    private static final Pattern EXCLUDED =
            Pattern.compile("(c10d|_c10d\\w*|symm_mem|prim|profiler|inductor|rpc)::.*|aten::(from_file|_shared_memory).*");

    /**
     * The outcomes of all calls.
     *
     * @param returned number of calls that returned
     * @param refused number of calls that ended with an exception of the right type
     * @param skipped number of calls that were not made: of operators that crashed before, or with arguments that cannot be drawn
     * @param crashes the crashes by operator: the call, and how the process ended
     * @param late calls during which the process crashed, but which alone do not crash it: an earlier call had damaged its memory
     * @param slow calls of more than five seconds of processor time, or a minute
     * @param unexpected calls that ended with an exception of another type
     */
    public record Report(long returned, long refused, long skipped, Map<String, String> crashes, List<String> late, List<String> slow,
            List<String> unexpected) {
        public long calls() { return returned + refused + crashes.size() + late.size() + slow.size(); }
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        String mode = args.length > 0 && args[0].equals("--diverged") ? args[0] : "--hostile";
        if (args.length > 0 && args[0].equals(mode)) args = Arrays.copyOfRange(args, 1, args.length);
        if (args.length == 3 && args[0].equals("--call")) {
            OperatorCall call = Calls.of(mode).of(Long.parseLong(args[1]), Long.parseLong(args[2]));
            System.out.println(call);
            if (call != null) call.run();
            return;
        }
        if (args.length != 2) {
            System.err.println("usage: Operators [--diverged] SEED COUNT | Operators [--diverged] --call SEED NUMBER");
            System.exit(2);
        }
        Report report = run(mode, Long.parseLong(args[0]), Long.parseLong(args[1]), Files.createTempDirectory("panatorch-operators"));
        report.crashes.values().forEach(c -> System.out.println("crash\t" + c));
        report.late.forEach(c -> System.out.println("late\t" + c));
        report.slow.forEach(c -> System.out.println("slow\t" + c));
        report.unexpected.forEach(c -> System.out.println("unexpected\t" + c));
        System.out.printf(
                "%d calls: %d returned, %d refused, %d too slow, %d crashed, %d crashed late, %d with another exception; %d not made%n",
                report.calls(), report.returned, report.refused,
                report.slow.size(), report.crashes.size(), report.late.size(), report.unexpected.size(), report.skipped);
    }

    /** Returns the operators that are called. */
    static List<String> all() {
        return panatorch.Operators.names().stream().filter(n -> !EXCLUDED.matcher(n).matches()).toList();
    }

    /**
     * Runs hostile calls.
     *
     * @param folder an empty folder, in which operators may write files
     */
    public static Report run(long seed, long count, Path folder) throws IOException, InterruptedException {
        return run("--hostile", seed, count, folder);
    }

    /**
     * Runs calls of a mode.
     *
     * @param mode {@code --hostile} or {@code --diverged}
     * @param folder an empty folder, in which operators may write files
     */
    public static Report run(String mode, long seed, long count, Path folder) throws IOException, InterruptedException {
        Path progressFile = Files.write(folder.resolve("progress"), new byte[OperatorsChild.PROGRESS_BYTES]),
                skip = Files.createFile(folder.resolve("skip"));
        MemorySegment progress = OperatorsChild.map(progressFile);
        var crashes = new TreeMap<String, String>();
        List<String> slow = new ArrayList<>(), late = new ArrayList<>();
        var slowOperators = new LinkedHashMap<String, Integer>();
        Calls calls = Calls.of(mode);
        for (long from = 0; from < count;) {
            long to = Math.min(count, from - from % CALLS + CALLS);
            progress.set(ValueLayout.JAVA_LONG, OperatorsChild.NUMBER, -1);
            Path output = folder.resolve("output");
            int status = child(output, folder, mode, seed, from, to);
            if (status == 0) {
                from = to;
                continue;
            }
            long number = progress.get(ValueLayout.JAVA_LONG, OperatorsChild.NUMBER);
            String ended = ended(status, Files.readString(output, StandardCharsets.ISO_8859_1));
            if (number < 0) throw new IOException("the process could not begin: " + ended + ", see " + output);
            OperatorCall call = calls.of(seed, number);
            if (call == null) throw new IOException("call " + number + " of seed " + seed + " crashed before it was made: " + ended);
            String text = number + "\t" + call;
            boolean tooLong = status == OperatorsChild.TOO_LONG,
                    byItself = tooLong || child(output, folder, mode, seed, number, number + 1) != 0;
            if (tooLong) slow.add(text);
            else if (byItself) crashes.put(call.operator(), text + "\t" + ended);
            else late.add(text + "\t" + ended);
            System.err.println((tooLong ? "slow\t" : byItself ? "crash\t" : "late\t") + text + "\t" + ended);
            if (!tooLong && byItself || tooLong && slowOperators.merge(call.operator(), 1, Integer::sum) >= SLOW_CALLS)
                Files.writeString(skip, call.operator() + "\n", java.nio.file.StandardOpenOption.APPEND);
            from = number + 1;
        }
        Path unexpected = folder.resolve("unexpected");
        return new Report(progress.get(ValueLayout.JAVA_LONG, OperatorsChild.RETURNED),
                progress.get(ValueLayout.JAVA_LONG, OperatorsChild.REFUSED),
                progress.get(ValueLayout.JAVA_LONG, OperatorsChild.SKIPPED), crashes, late, slow,
                Files.exists(unexpected) ? Files.readAllLines(unexpected) : List.of());
    }

    /** Runs a child process to its end, with limited memory and without core dumps. */
    private static int child(Path output, Path folder, String mode, long seed, long from, long to)
            throws IOException, InterruptedException {
        var command = new ArrayList<>(
                List.of("sh", "-c", "ulimit -v " + ADDRESS_SPACE_KIB + " && ulimit -c 0 && ulimit -f 100000 && exec \"$@\"", "sh",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--enable-native-access=ALL-UNNAMED",
                        "-Xmx256m", "-XX:+UseSerialGC", "-XX:ReservedCodeCacheSize=64m",
                        "-XX:CompressedClassSpaceSize=64m", "-XX:TieredStopAtLevel=1", "-XX:-CreateCoredumpOnCrash",
                        "-XX:ErrorFile=" + folder.resolve("crash.log")));
        System.getProperties().stringPropertyNames().stream()
                .filter(p -> p.startsWith("panatorch.") || p.startsWith("org.bytedeco.") || p.equals("java.library.path"))
                .forEach(p -> command.add("-D" + p + "=" + System.getProperty(p)));
        command.addAll(List.of("-cp", absoluteClassPath(), OperatorsChild.class.getName(), mode, "" + seed, "" + from, "" + to,
                folder.toString()));
        var builder = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().put("OMP_NUM_THREADS", mode.equals("--diverged") && from / CALLS % 2 == 1 ? "2" : "1");
        Process process = builder.start();
        try {
            return process.waitFor();
        } finally {
            process.destroyForcibly();
        }
    }

    /** Returns this class path with absolute names, since the children run in a folder of their own. */
    private static String absoluteClassPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(p -> Path.of(p).toAbsolutePath().toString()).collect(Collectors.joining(File.pathSeparator));
    }

    /** Describes briefly how a process ended: the signal and the function it came from, or the message of the C++ library. */
    private static String ended(int status, String output) {
        var frame = FRAME.matcher(output);
        var signal = SIGNAL.matcher(output);
        if (frame.find() && signal.find()) return signal.group(1) + " in " + frame.group(1).strip();
        var terminate = TERMINATE.matcher(output);
        if (terminate.find()) return terminate.group(1).strip();
        if (status == 128 + 11) return "SIGSEGV, the stack is exhausted";
        return "status " + status + (output.isEmpty() ? "" : ", " + output.lines().reduce((a, b) -> b).orElse("").strip());
    }
}
