package panatorch.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.serialize.Checkpoints;
import panatorch.serialize.MalformedFileException;
import panatorch.serialize.Npy;
import panatorch.serialize.Safetensors;
import panatorch.serialize.StateDicts;
import panatorch.serialize.TorchFile;

/**
 * Loads damaged copies of good weight files: {@code Main SEED COUNT [FILE…]}. The files are those named, and one of each format that this
 * program writes. The same seed damages them in the same way. Each copy must either load and have readable tensors, or be refused with a
 * {@link MalformedFileException}. Otherwise the program ends with status 1 and keeps the copy; the last line names it.
 */
public final class Main {
    private Main() {}

    private static final long MOST_ELEMENTS = 1 << 20; // of a tensor that is looked at: one row that is expanded may have any number

    /**
     * The counts of all copies.
     *
     * @param slowestMillis longest time of one copy in milliseconds
     */
    public record Report(Map<String, Integer> loaded, Map<String, Integer> refused, double slowestMillis, long residentGrowth) {
        public int count() { return loaded.values().stream().mapToInt(i -> i).sum() + refused.values().stream().mapToInt(i -> i).sum(); }
    }

    public static void main(String[] args) throws IOException {
        if (args.length < 2) {
            System.err.println("usage: Main SEED COUNT [FILE…]");
            System.exit(2);
        }
        Path folder = Files.createTempDirectory("panatorch-fuzz");
        List<Path> files = new ArrayList<>(written(Files.createDirectory(folder.resolve("good"))));
        for (int i = 2; i < args.length; i++) files.add(Path.of(args[i]));
        Report report = run(Long.parseLong(args[0]), Integer.parseInt(args[1]), files, folder);
        report.refused.forEach((kind, n) -> System.out.printf(Locale.ROOT, "%-28s %6d refused %6d loaded%n", kind, n,
                report.loaded.getOrDefault(kind, 0)));
        System.out.printf(Locale.ROOT, "%d files, slowest %.1f ms, resident memory grew by %d MiB%n", report.count(), report.slowestMillis,
                report.residentGrowth >> 20);
    }

    /** Writes a file of every format that PanaTorch writes. */
    public static List<Path> written(Path folder) throws IOException {
        try (var scope = Scope.open()) {
            var tensors = new LinkedHashMap<String, Tensor>();
            for (DType t : List.of(DType.FLOAT32, DType.BFLOAT16, DType.INT64, DType.BOOL, DType.COMPLEX64, DType.FLOAT8_E5M2))
                tensors.put(t.toString(), Aten.arange(12).to(t).reshape(3, 4));
            Tensor plain = Aten.arange(12).to(DType.FLOAT32).reshape(3, 4);
            tensors.put("transposed", plain.t());
            tensors.put("scalar", Torch.scalar(3));
            var arrays = new LinkedHashMap<>(tensors);
            arrays.keySet().removeIf(name -> name.startsWith("bfloat") || name.startsWith("float8"));
            Safetensors.save(folder.resolve("a.safetensors"), tensors, Map.of("format", "pt"));
            TorchFile.save(folder.resolve("a.pt"), Map.of("state_dict", tensors, "epoch", 3L, "lr", List.of(0.1, 0.01), "name", "resnet"));
            Npy.save(folder.resolve("a.npy"), plain);
            Npy.saveAll(folder.resolve("a.npz"), arrays);
            Checkpoints.write(folder.resolve("a.checkpoint"), Map.of("model", tensors, "sampler", Map.of("epoch", 3L)));
            try (var all = Files.list(folder)) {
                return all.sorted().toList();
            }
        }
    }

    /**
     * Loads damaged copies.
     *
     * @param folder folder for the copies, one at a time
     */
    public static Report run(long seed, int count, List<Path> files, Path folder) throws IOException {
        var loaded = new TreeMap<String, Integer>();
        var refused = new TreeMap<String, Integer>();
        double slowest = 0;
        long before = Torch.memoryStats().residentBytes();
        for (int i = 0; i < count; i++) {
            Path original = files.get(i % files.size());
            String name = original.getFileName().toString();
            Path copy = folder.resolve("damaged-" + name);
            Files.deleteIfExists(copy); // never written in place: tensors of it may still be mapped
            byte[] damaged = new Mutation(new SplittableRandom(seed * 1_000_003 + i)).of(original);
            Files.write(copy, damaged);
            long begun = System.nanoTime();
            try (var scope = Scope.open()) {
                load(copy);
                loaded.merge(name, 1, Integer::sum);
                if (name.endsWith(".checkpoint") && !Arrays.equals(damaged, Files.readAllBytes(original)))
                    throw new IllegalStateException("a checkpoint was changed unseen");
            } catch (MalformedFileException e) {
                refused.merge(name, 1, Integer::sum);
            } catch (IOException | RuntimeException | Error e) {
                throw new AssertionError("file " + i + " of seed " + seed + " is neither loaded nor refused, see " + copy, e);
            }
            slowest = Math.max(slowest, (System.nanoTime() - begun) * 1e-6);
        }
        return new Report(loaded, refused, slowest, Torch.memoryStats().residentBytes() - before);
    }

    private static void load(Path file) throws IOException {
        String name = file.toString();
        if (name.endsWith(".npy")) look(Npy.load(file));
        else if (name.endsWith(".checkpoint")) Checkpoints.read(file);
        else StateDicts.load(file).values().forEach(Main::look);
    }

    /** Reads every byte. */
    private static void look(Tensor t) {
        if (t.numel() > 0 && t.numel() <= MOST_ELEMENTS) {
            Tensor _ = t.detach().resolveConj().resolveNeg().contiguous().clone();
        }
    }
}
