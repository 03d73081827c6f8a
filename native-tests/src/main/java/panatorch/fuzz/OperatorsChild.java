package panatorch.fuzz;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import panatorch.Torch;
import panatorch.TorchException;

/**
 * The process that makes the calls, and which a call may crash: {@code OperatorsChild MODE SEED FROM TO FOLDER}. The folder holds
 * {@code progress}, with the number of the running call and the counts of outcomes, and {@code skip}, with operators not to call. The
 * process writes {@code unexpected}.
 */
final class OperatorsChild {
    private OperatorsChild() {}

    /** The exit status after a call that took too long. */
    static final int TOO_LONG = 97;
    private static final Duration CPU_LIMIT = Duration.ofSeconds(5), LIMIT = Duration.ofMinutes(1);
    /** The positions of the counts in {@code progress}. */
    static final int NUMBER = 0, RETURNED = 8, REFUSED = 16, SKIPPED = 24, PROGRESS_BYTES = 32;

    public static void main(String[] args) throws IOException, InterruptedException {
        long seed = Long.parseLong(args[1]), from = Long.parseLong(args[2]), to = Long.parseLong(args[3]);
        Path folder = Path.of(args[4]);
        Set<String> skip = new HashSet<>(Files.readAllLines(folder.resolve("skip")));
        MemorySegment progress = map(folder.resolve("progress"));
        Calls calls = Calls.of(args[0]);
        progress.set(ValueLayout.JAVA_LONG, NUMBER, from);
        Torch.ones(1).close(); // loads libtorch, which takes longer than a call may
        watch(progress);
        for (long i = from; i < to; i++) {
            progress.set(ValueLayout.JAVA_LONG, NUMBER, i);
            OperatorCall call = calls.of(seed, i);
            if (call == null || skip.contains(call.operator())) count(progress, SKIPPED);
            else run(call, i, progress, folder.resolve("unexpected"));
        }
        progress.set(ValueLayout.JAVA_LONG, NUMBER, to);
        Runtime.getRuntime().halt(0); // an orderly exit may fail on what the calls left behind, which is not tested
    }

    static MemorySegment map(Path progress) throws IOException {
        try (var file = FileChannel.open(progress, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return file.map(FileChannel.MapMode.READ_WRITE, 0, PROGRESS_BYTES, Arena.global());
        }
    }

    private static void count(MemorySegment progress, int place) {
        progress.set(ValueLayout.JAVA_LONG, place, progress.get(ValueLayout.JAVA_LONG, place) + 1);
    }

    private static void run(OperatorCall call, long number, MemorySegment progress, Path unexpected) throws IOException {
        try {
            call.run();
            count(progress, RETURNED);
        } catch (TorchException | IllegalArgumentException | NullPointerException e) {
            count(progress, REFUSED);
        } catch (RuntimeException | Error e) {
            count(progress, REFUSED);
            Files.writeString(unexpected,
                    number + "\t" + call + "\t" + e.toString().replace('\n', ' ') + " at "
                            + List.of(e.getStackTrace()).stream().limit(3).toList() + "\n",
                    StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        }
    }

    /** Returns the processor time of this process. On a busy machine the time of day would call any call slow. */
    private static Duration cpu() {
        return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
    }

    private static void watch(MemorySegment progress) {
        Thread.ofPlatform().daemon().start(() -> {
            long last = -1, since = System.nanoTime();
            Duration before = cpu();
            while (true) {
                try {
                    Thread.sleep(250);
                } catch (InterruptedException e) {
                    return;
                }
                long now = progress.get(ValueLayout.JAVA_LONG, NUMBER);
                if (now != last) {
                    since = System.nanoTime();
                    before = cpu();
                } else
                    if (cpu().minus(before).compareTo(CPU_LIMIT) > 0 || System.nanoTime() - since > LIMIT.toNanos())
                        Runtime.getRuntime().halt(TOO_LONG);
                last = now;
            }
        });
    }
}
