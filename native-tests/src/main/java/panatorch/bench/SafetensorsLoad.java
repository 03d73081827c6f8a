package panatorch.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import panatorch.Scope;
import panatorch.serialize.Reading;
import panatorch.serialize.Safetensors;

/**
 * Measures the seconds until a file of 500 MB is loaded and every page of its tensors is read. "Warm" is from the system's cache and "cold"
 * from the disk. "Mapped" is what Python's load_file does; "copied" is the default here, and in Python a clone of every tensor. Freeing is
 * not timed on either side.
 */
final class SafetensorsLoad implements Workload {
    private static final int MEGABYTES = 500;

    private final Path folder, file;

    SafetensorsLoad() {
        try (var scope = Scope.open()) {
            folder = Files.createTempDirectory("safetensors-load-");
            file = folder.resolve("weights.safetensors");
            Safetensors.save(file, Weights.ofMegabytes(MEGABYTES), Map.of());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override public String script() { return "safetensors_load.py"; }

    @Override public List<String> arguments() { return List.of(file.toString()); }

    @Override public String parts() { return "way, page cache"; }

    @Override public double tolerance() { return 1e-9; }

    @Override public Map<String, Double> check() {
        try (var scope = Scope.open()) {
            return Map.of("mapped warm", Weights.checksum(Safetensors.load(file, Reading.MAPPED)), "copied warm",
                    Weights.checksum(Safetensors.load(file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            unmap();
        }
    }

    @Override public Map<String, Double> run() {
        var seconds = new LinkedHashMap<String, Double>();
        for (Reading reading : List.of(Reading.MAPPED, Reading.COPIED)) {
            String way = reading.toString().toLowerCase(Locale.ROOT);
            PageCache.refill(file);
            seconds.put(way + " warm", seconds(reading));
            if (reading == Reading.MAPPED) unmap();
            PageCache.drop(file);
            seconds.put(way + " cold", seconds(reading));
            if (reading == Reading.MAPPED) unmap();
        }
        return seconds;
    }

    private double seconds(Reading reading) {
        try (var scope = Scope.open()) {
            long start = System.nanoTime();
            Weights.touch(Safetensors.load(file, reading));
            return (System.nanoTime() - start) * 1e-9;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends this process's mappings, without which Python could not drop the file from the cache. */
    private void unmap() {
        try {
            PageCache.awaitUnmapped(file);
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override public void close() {
        try {
            Files.delete(file);
            Files.delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
