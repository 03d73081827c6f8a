package panatorch.nn.parallel;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.distributed.ProcessGroup;
import panatorch.distributed.Store;

/** Ranks as threads of this process, which meet in a file. */
public final class Ranks {
    private Ranks() {}

    /** What a rank does. */
    public interface Rank<T> {
        T run(ProcessGroup group) throws Exception;
    }

    /** Returns what the ranks return; an exception of one of them is its result. */
    public static List<Object> run(Path folder, int ranks, Duration timeout, Rank<?> rank) throws Exception {
        var results = new ArrayList<Object>();
        Path file = folder.resolve("store-" + System.nanoTime());
        try (var threads = Executors.newFixedThreadPool(ranks)) {
            var all = new ArrayList<Future<?>>();
            for (int r = 0; r < ranks; r++) {
                int own = r;
                all.add(threads.submit(() -> {
                    try (Store store = Store.file(file, ranks, timeout);
                            var group = ProcessGroup.of(store, own, ranks, ProcessGroup.Options.standard().timeout(timeout));
                            var scope = Scope.open()) {
                        return rank.run(group);
                    }
                }));
            }
            for (var f : all) {
                try {
                    results.add(f.get());
                } catch (ExecutionException e) {
                    results.add(e.getCause());
                }
            }
        }
        return results;
    }

    /** Returns the results of ranks that all succeeded. */
    public static <T> List<T> all(Path folder, int ranks, Rank<T> rank) throws Exception {
        var results = new ArrayList<T>();
        List<Object> all = run(folder, ranks, Duration.ofSeconds(20), rank);
        for (Object o : all) {
            if (o instanceof Throwable t) {
                var error = new AssertionError("a rank failed", t);
                for (Object other : all) if (other instanceof Throwable x && x != t) error.addSuppressed(x);
                throw error;
            }
            @SuppressWarnings("unchecked") T result = (T) o;
            results.add(result);
        }
        return results;
    }

    /** Numbers without a pattern that sums could miss: sin(first), sin(first + 1), …, of float64. */
    public static Tensor numbers(int first, long... shape) {
        long n = 1;
        for (long s : shape) n *= s;
        return Torch.arange(n).to(DType.FLOAT64).add(first).mul(1.3).sin().reshape(shape);
    }
}
