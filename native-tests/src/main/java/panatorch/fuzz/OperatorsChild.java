package panatorch.fuzz;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import panatorch.TorchException;

/**
 * The process that makes the calls, and may die of one: {@code OperatorsChild SEED FROM TO FOLDER}. The folder has {@code progress}, where the
 * number of the running call and those of how the calls ended are kept, {@code skip} with operators not to call, and gets {@code unexpected}.
 */
final class OperatorsChild {
    private OperatorsChild() {}

    /** The status after a call that took too long. */
    static final int TOO_LONG = 97;
    private static final long LIMIT_MILLIS = 5000;
    /** Places in {@code progress}. */
    static final int NUMBER = 0, RETURNED = 8, REFUSED = 16, SKIPPED = 24, PROGRESS_BYTES = 32;

    public static void main(String[] args) throws IOException, InterruptedException {
        long seed = Long.parseLong(args[0]), from = Long.parseLong(args[1]), to = Long.parseLong(args[2]);
        Path folder = Path.of(args[3]);
        Set<String> skip = new HashSet<>(Files.readAllLines(folder.resolve("skip")));
        MemorySegment progress = map(folder.resolve("progress"));
        List<String> operators = Operators.all();
        progress.set(ValueLayout.JAVA_LONG, NUMBER, from);
        watch(progress);
        for (long i = from; i < to; i++) {
            progress.set(ValueLayout.JAVA_LONG, NUMBER, i);
            OperatorCall call = OperatorCall.of(operators, seed, i);
            if (call == null || skip.contains(call.operator())) count(progress, SKIPPED);
            else run(call, i, progress, folder.resolve("unexpected"));
        }
        progress.set(ValueLayout.JAVA_LONG, NUMBER, to);
        Runtime.getRuntime().halt(0); // what the calls left behind may not outlast them; it is not what is tested
    }

    static MemorySegment map(Path progress) throws IOException {
        try (var file = FileChannel.open(progress, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return file.map(FileChannel.MapMode.READ_WRITE, 0, PROGRESS_BYTES, Arena.global());
        }
    }

    private static void count(MemorySegment progress, int place) { progress.set(ValueLayout.JAVA_LONG, place, progress.get(ValueLayout.JAVA_LONG, place) + 1); }

    private static void run(OperatorCall call, long number, MemorySegment progress, Path unexpected) throws IOException {
        try {
            call.run();
            count(progress, RETURNED);
        } catch (TorchException | IllegalArgumentException | NullPointerException e) {
            count(progress, REFUSED);
        } catch (RuntimeException | Error e) {
            count(progress, REFUSED);
            Files.writeString(unexpected, number + "\t" + call + "\t" + e.toString().replace('\n', ' ') + " at " + List.of(e.getStackTrace()).stream().limit(3).toList() + "\n",
                    StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        }
    }

    private static void watch(MemorySegment progress) {
        Thread.ofPlatform().daemon().start(() -> {
            long last = -1, since = System.nanoTime();
            while (true) {
                try {
                    Thread.sleep(250);
                } catch (InterruptedException e) {
                    return;
                }
                long now = progress.get(ValueLayout.JAVA_LONG, NUMBER);
                if (now != last) since = System.nanoTime();
                else if (System.nanoTime() - since > LIMIT_MILLIS * 1_000_000) Runtime.getRuntime().halt(TOO_LONG);
                last = now;
            }
        });
    }
}
