package panatorch.export;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.serialize.ArchiveFile;
import panatorch.serialize.StateDicts;

/** Reads the tensors of a program: its parameters, buffers and constants. */
final class Payloads {
    private static final long LONGEST_LIST = 256 << 20;

    /** A tensor that belongs to a program. */
    record Payload(Tensor tensor, boolean parameter) {}

    /** What an archive says about a tensor; {@code meta} is null for an object of Python's. */
    private record Entry(String path, boolean parameter, boolean pickled, @Nullable TensorMeta meta) {}

    private final ArchiveFile archive;
    private final LoadOptions options;
    private final Map<String, Tensor> known = new LinkedHashMap<>();
    private final List<String> missing = new ArrayList<>();

    private Payloads(ArchiveFile archive, LoadOptions options) {
        this.archive = archive;
        this.options = options;
    }

    /**
     * Reads all tensors. They belong to the caller.
     *
     * @param model name of the program
     */
    static Map<String, Payload> read(ArchiveFile archive, String root, String model, LoadOptions options) throws IOException {
        var reader = new Payloads(archive, options);
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Map<String, Tensor> others = options.weights() == null ? Map.of()
                    : StateDicts.load(file(options.weights()), options.reading());
            var all = new LinkedHashMap<String, Payload>();
            for (String kind : List.of("weights", "constants"))
                reader.read(root + "data/" + kind + "/", model + "_" + kind + "_config.json", others, all);
            if (!reader.missing.isEmpty())
                throw archive.malformed("it has no data for " + some(reader.missing) + (options.weights() == null
                        ? ": the program was exported without weights. Give a file with them by LoadOptions.weights"
                        : ", and neither has " + options.weights()));
            all.values().forEach(p -> p.tensor.escape());
            return all;
        }
    }

    /** Describes all tensors without reading them. */
    static Map<String, ProgramSummary.SavedTensor> describe(ArchiveFile archive, String root, String model) throws IOException {
        var reader = new Payloads(archive, LoadOptions.standard());
        var all = new LinkedHashMap<String, ProgramSummary.SavedTensor>();
        for (String kind : List.of("weights", "constants")) {
            String folder = root + "data/" + kind + "/", config = model + "_" + kind + "_config.json";
            if (!archive.has(folder + config)) continue;
            for (var e : entries(archive.bytes(folder + config, LONGEST_LIST), config, archive::malformed).entrySet()) {
                Entry entry = e.getValue();
                if (entry.meta == null) continue;
                List<Long> shape = Arrays.stream(reader.fixed(e.getKey(), entry.meta.sizes())).boxed().toList();
                boolean present = shape.contains(0L) || archive.has(folder + entry.path) && archive.size(folder + entry.path) > 0;
                all.put(e.getKey(), new ProgramSummary.SavedTensor(entry.meta.dtype(), shape, entry.parameter, present));
            }
        }
        return all;
    }

    /** Returns the file of weights in a folder as Hugging Face's, or the file itself. */
    private static Path file(Path weights) throws IOException {
        if (!Files.isDirectory(weights)) return weights;
        for (String name : List.of("model.safetensors", "model.safetensors.index.json"))
            if (Files.exists(weights.resolve(name))) return weights.resolve(name);
        throw new IOException("there is neither model.safetensors nor model.safetensors.index.json in " + weights);
    }

    private static String some(List<String> names) {
        return names.size() <= 5 ? String.join(", ", names)
                : String.join(", ", names.subList(0, 5)) + " and " + (names.size() - 5) + " more";
    }

    private void read(String folder, String config, Map<String, Tensor> others, Map<String, Payload> all) throws IOException {
        if (!archive.has(folder + config)) return;
        Map<String, Entry> entries = entries(archive.bytes(folder + config, LONGEST_LIST), config, archive::malformed);
        for (var e : entries.entrySet()) {
            Entry entry = e.getValue();
            if (entry.meta == null || entry.pickled) continue; // refused where the program uses it
            Tensor t = tensor(e.getKey(), folder + entry.path, entry, entry.meta, others);
            if (t != null && all.put(e.getKey(), new Payload(t, entry.parameter)) != null)
                throw archive.malformed("there are two tensors of the name " + e.getKey());
        }
    }

    private @Nullable Tensor tensor(String name, String path, Entry entry, TensorMeta meta, Map<String, Tensor> others) throws IOException {
        long[] sizes = fixed(name, meta.sizes()), strides = fixed(name, meta.strides());
        Tensor other = others.get(name);
        if (other != null) return replaced(name, other, meta, sizes);
        if (sizes.length != strides.length)
            throw archive.malformed(name + " has " + sizes.length + " sizes and " + strides.length + " strides");
        long offset = fixed(name, List.of(meta.offset()))[0];
        boolean empty = false;
        for (long s : sizes) empty |= s == 0;
        if (!empty && archive.size(path) == 0) {
            Tensor tied = others.isEmpty() ? null : known.get(path);
            if (tied == null) missing.add(name);
            return tied;
        }
        String key = path + " " + meta;
        Tensor shared = known.get(key); // one tensor under several names, such as tied weights
        if (shared != null) return shared;
        Tensor t = archive.tensor(path, name, meta.dtype(), offset, sizes, strides);
        if (entry.parameter && meta.requiresGrad()) t.requiresGrad_(true);
        known.put(key, t);
        return t;
    }

    private Tensor replaced(String name, Tensor other, TensorMeta meta, long[] sizes) throws IOException {
        if (!Arrays.equals(other.shape(), sizes))
            throw new IllegalArgumentException(
                    options.weights() + " has " + name + " as " + other.describe() + ", but the program needs the shape "
                            + Arrays.toString(sizes));
        Tensor t = other.dtype() == meta.dtype() ? other : other.to(meta.dtype());
        return meta.requiresGrad() && t.dtype().isFloatingPoint() ? t.requiresGrad_(true) : t;
    }

    private long[] fixed(String name, List<SymbolicExpression> sizes) throws IOException {
        var values = new long[sizes.size()];
        for (int i = 0; i < values.length; i++) {
            Long v = sizes.get(i).constant();
            if (v == null) throw archive.malformed("the size of " + name + " is " + sizes.get(i).text());
            values[i] = v;
        }
        return values;
    }

    private static Map<String, Entry> entries(byte[] text, String name, Function<String, IOException> malformed) throws IOException {
        return JsonReader.read(text, name, malformed, json -> () -> {
            var entries = new LinkedHashMap<String, Entry>();
            json.object(member -> {
                if (member.equals("config")) json.object(fqn -> entries.put(fqn, entry(json)));
            });
            return entries;
        });
    }

    private static Entry entry(JsonReader json) throws IOException {
        var found = new Object() {
            String path = "";
            boolean parameter, pickled;
            @Nullable
            TensorMeta meta;
        };
        json.object(member -> {
            switch (member) {
                case "path_name" -> found.path = json.text();
                case "is_param" -> found.parameter = json.bool();
                case "use_pickle" -> found.pickled = json.bool();
                case "tensor_meta" -> found.meta = json.isNull() ? null : new GraphReader(json).tensorMeta();
                default -> {}
            }
        });
        return new Entry(found.path, found.parameter, found.pickled, found.meta);
    }
}
