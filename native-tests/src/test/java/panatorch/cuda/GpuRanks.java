package panatorch.cuda;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import panatorch.DType;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.distributed.ProcessGroup;
import panatorch.distributed.ProcessGroup.Backend;
import panatorch.distributed.ProcessGroup.Checks;
import panatorch.distributed.Store;

/** Ranks as threads of this process, each with a GPU of its own. */
final class GpuRanks {
    private GpuRanks() {}

    interface Rank<T> {
        T run(ProcessGroup group) throws Exception;
    }

    static final Duration TIMEOUT = Duration.ofSeconds(60);

    static ProcessGroup.Options options(Backend backend) {
        return ProcessGroup.Options.standard().timeout(TIMEOUT).backend(backend);
    }

    /** Settings with which a rank that is missing is found by the wait for NCCL, rather than before it. */
    static ProcessGroup.Options unchecked(Duration timeout) {
        return new ProcessGroup.Options(timeout, Checks.NONE, null, Backend.NCCL, null);
    }

    /** Returns what the ranks return; an exception of one of them is its result. Rank r has GPU r. */
    static List<Object> run(int ranks, ProcessGroup.Options options, Rank<?> rank) throws Exception {
        var devices = new ArrayList<Device>();
        for (int r = 0; r < ranks; r++) devices.add(Device.cuda(r));
        return run(devices, options, rank);
    }

    static List<Object> run(List<Device> devices, ProcessGroup.Options options, Rank<?> rank) throws Exception {
        Path file = freshFile();
        var results = new ArrayList<Object>();
        try (var threads = Executors.newFixedThreadPool(devices.size())) {
            var all = new ArrayList<Future<?>>();
            for (int r = 0; r < devices.size(); r++) {
                int own = r;
                all.add(threads.submit(() -> {
                    try (Store store = Store.file(file, devices.size(), TIMEOUT);
                            var group = ProcessGroup.of(store, own, devices.size(), options.device(devices.get(own)));
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

    private static Path freshFile() throws IOException {
        Path file = Files.createTempFile("panatorch-gpu-ranks", "");
        Files.delete(file);
        return file;
    }

    /** Returns a float64 tensor on the rank's GPU, filled on the CPU. */
    static Tensor full(ProcessGroup group, double value, long... shape) {
        return Torch.full(shape, value, DType.FLOAT64).to(group.device());
    }

    /** Returns a float64 tensor [n] on the rank's GPU: first, first + 1, … */
    static Tensor from(ProcessGroup group, double first, long n) {
        return Torch.arange(n).to(DType.FLOAT64).add(first).to(group.device());
    }
}
