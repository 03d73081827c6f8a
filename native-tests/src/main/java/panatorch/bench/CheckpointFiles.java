package panatorch.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.serialize.Checkpoints;
import panatorch.serialize.Saving;
import panatorch.serialize.TorchFile;
import panatorch.serialize.Writing;

/**
 * Measures the seconds to save and to load 100 MB in the format of {@code torch.save}, and in that of {@link Checkpoints}, which has a
 * checksum. "Save" leaves the disk to the system on both sides, as {@code torch.save} does; "save to disk" and "save checkpoint" wait until
 * the disk has the file. "Save in background" ends when the training may go on: here with {@link Checkpoints#saveAsync}, in Python with a
 * copy of all tensors, which a thread then saves. After loading, every page of the tensors is read.
 */
final class CheckpointFiles implements Workload {
    private static final int MEGABYTES = 100;

    private final Scope scope = Scope.open();
    private final Map<String, Tensor> weights = Weights.ofMegabytes(MEGABYTES);
    private final Path folder, plain, checkpoint;
    private @Nullable Saving saving;

    CheckpointFiles() {
        try {
            folder = Files.createTempDirectory("checkpoint-");
            plain = folder.resolve("weights.pt");
            checkpoint = folder.resolve("checkpoint.pt");
            TorchFile.save(plain, weights);
            Checkpoints.write(checkpoint, Map.of("model", weights));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override public String script() { return "checkpoint.py"; }

    @Override public List<String> arguments() { return List.of(plain.toString(), checkpoint.toString()); }

    @Override public String parts() { return "files"; }

    @Override public double tolerance() { return 1e-9; }

    /** Returns checksums of the tensors read from a file that was just saved, and from the files that both sides load. */
    @Override public Map<String, Double> check() {
        try (var inner = Scope.open()) {
            Path own = folder.resolve("own.pt");
            TorchFile.save(own, weights);
            double saved = Weights.checksum(tensors(TorchFile.load(own)));
            Files.delete(own);
            return Map.of("save", saved, "load", Weights.checksum(tensors(TorchFile.load(plain))), "load checkpoint",
                    Weights.checksum(tensors(Checkpoints.read(checkpoint).get("model"))));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @SuppressWarnings("unchecked") private static Map<String, Tensor> tensors(@Nullable Object loaded) {
        return (Map<String, Tensor>) Objects.requireNonNull(loaded, "the file has no weights");
    }

    @FunctionalInterface
    private interface Work {
        void on(Path file) throws IOException;
    }

    @Override public Map<String, Double> run() {
        saving(f -> TorchFile.save(f, weights)); // the first after a pause takes longer
        var seconds = new LinkedHashMap<String, Double>();
        seconds.put("save", saving(f -> TorchFile.save(f, weights, Writing.BUFFERED)));
        seconds.put("save to disk", saving(f -> TorchFile.save(f, weights)));
        seconds.put("save checkpoint", saving(f -> Checkpoints.write(f, Map.of("model", weights))));
        seconds.put("save in background", saving(f -> saving = Checkpoints.saveAsync(f, Map.of("model", weights))));
        seconds.put("load", seconds(plain, f -> Weights.touch(tensors(TorchFile.load(f)))));
        seconds.put("load checkpoint", seconds(checkpoint, f -> Weights.touch(tensors(Checkpoints.read(f).get("model")))));
        return seconds;
    }

    /** Times saving into a new file. The file's blocks are given back before the next save is timed, on whichever side. */
    private double saving(Work work) {
        Path own = folder.resolve("own.pt");
        double seconds = seconds(own, work);
        try (var directory = FileChannel.open(folder)) {
            if (saving != null) saving.join();
            saving = null;
            try (var file = FileChannel.open(own, StandardOpenOption.WRITE)) {
                file.force(true); // or the system would write it while something else is timed
            }
            Files.delete(own);
            directory.force(true);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return seconds;
    }

    private static double seconds(Path file, Work work) {
        try (var inner = Scope.open()) {
            long start = System.nanoTime();
            work.on(file);
            return (System.nanoTime() - start) * 1e-9;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override public void close() {
        scope.close();
        try {
            for (Path p : List.of(plain, checkpoint, folder)) Files.delete(p);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
