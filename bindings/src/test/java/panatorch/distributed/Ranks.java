package panatorch.distributed;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import panatorch.Scope;

/** Ranks as threads of this process, which meet in a file. */
final class Ranks {
    private Ranks() {}

    interface Rank<T> {
        T run(ProcessGroup group) throws Exception;
    }

    private static final AtomicInteger RUNS = new AtomicInteger();

    static final ProcessGroup.Options OPTIONS = ProcessGroup.Options.standard().timeout(Duration.ofSeconds(20));

    /** Returns what the ranks return; an exception of one of them is its result. */
    static List<Object> run(Path folder, int ranks, ProcessGroup.Options options, Rank<?> rank) throws Exception {
        var results = new ArrayList<Object>();
        Path file = folder.resolve("store-" + RUNS.incrementAndGet()); // libtorch deletes a store's file once the last rank has left it
        try (var threads = Executors.newFixedThreadPool(ranks)) {
            var all = new ArrayList<Future<?>>();
            for (int r = 0; r < ranks; r++) {
                int own = r;
                all.add(threads.submit(() -> {
                    try (Store store = Store.file(file, ranks, Duration.ofSeconds(20));
                            var group = ProcessGroup.of(store, own, ranks, options); var scope = Scope.open()) {
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
}
