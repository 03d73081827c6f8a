package panatorch.distributed.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.serialize.MalformedFileException;
import panatorch.serialize.Reading;
import panatorch.serialize.Safetensors;

/** Reads the parts of a checkpoint's tensors from the files of all ranks, each of which is mapped once it is needed. */
final class StateReader implements AutoCloseable {
    private final Path folder, index;
    private final JsonNode files;
    private final Cut cut;
    private final Scope mapped = Scope.open();
    private final Map<String, Map<String, Tensor>> open = new HashMap<>();
    private final Set<String> verified = new HashSet<>();
    private final List<Tensor> results = new ArrayList<>();

    StateReader(Path folder, Path index, JsonNode files, Cut cut) {
        this.folder = folder;
        this.index = index;
        this.files = files;
        this.cut = cut;
    }

    @SuppressWarnings("unchecked") Map<String, Object> read(JsonNode state) throws IOException {
        var all = (Map<String, Object>) value(state, List.of());
        mapped.keep(results.toArray(Tensor[]::new));
        return all == null ? Map.of() : all;
    }

    private @Nullable Object value(JsonNode node, List<String> path) throws IOException {
        if (node.has(Tree.TENSOR)) return tensor(node.get(Tree.TENSOR), path);
        if (node.has(Tree.NUMBER)) return Double.valueOf(node.get(Tree.NUMBER).asText());
        if (node.has(Tree.BY_NUMBER)) {
            var map = new LinkedHashMap<Long, @Nullable Object>();
            for (var e : node.get(Tree.BY_NUMBER).properties()) put(map, Long.valueOf(e.getKey()), e.getKey(), e.getValue(), path);
            return map;
        }
        if (node.isObject()) {
            var map = new LinkedHashMap<String, @Nullable Object>();
            for (var e : node.properties()) put(map, e.getKey(), e.getKey(), e.getValue(), path);
            return map;
        }
        if (node.isArray()) {
            var list = new ArrayList<@Nullable Object>();
            for (int i = 0; i < node.size(); i++) list.add(value(node.get(i), Tree.with(path, String.valueOf(i))));
            return list;
        }
        if (node.isNull()) return null;
        if (node.isBoolean()) return node.booleanValue();
        if (node.isIntegralNumber()) return node.longValue();
        return node.isNumber() ? (Object) node.doubleValue() : node.asText();
    }

    private <K> void put(Map<K, @Nullable Object> map, K key, String name, JsonNode node, List<String> path) throws IOException {
        Object value = value(node, Tree.with(path, name));
        if (value != null || !node.has(Tree.TENSOR)) map.put(key, value);
    }

    private @Nullable Tensor tensor(JsonNode json, List<String> path) throws IOException {
        String name = String.join("/", path);
        SavedTensor saved = SavedTensor.of(json);
        if (saved == null || !saved.isWhole()) throw new MalformedFileException(index, "it is damaged at " + name);
        Region wanted = cut.of(path, saved.shape());
        if (wanted == null) return null;
        boolean some = wanted.numel() > 0;
        if (some && !wanted.isIn(saved.shape()))
            throw new IllegalArgumentException("the part " + wanted + " does not lie in " + name + ", whose shape is " + saved.shape());
        try (var scope = Scope.open(); var off = NoGrad.enter()) {
            Tensor into = Torch.empty(saved.dtype(), Device.CPU, wanted.shape().stream().mapToLong(n -> n).toArray());
            if (some) for (SavedTensor.Part p : saved.pieces()) if (p.region().overlaps(wanted)) copy(p, saved, wanted, into);
            results.add(into);
            return scope.move(into);
        }
    }

    private void copy(SavedTensor.Part p, SavedTensor saved, Region wanted, Tensor into) throws IOException {
        Tensor from = piece(p);
        List<Long> shape = java.util.stream.LongStream.of(from.shape()).boxed().toList();
        if (from.dtype() != saved.dtype() || !shape.equals(p.region().shape()))
            throw new MalformedFileException(folder.resolve(p.file()), p.key() + " is " + from.describe() + ", but the index says "
                    + saved.dtype() + " " + p.region().shape());
        Tensor to = into;
        for (int d = 0; d < shape.size(); d++) {
            long[] shared = p.region().shared(wanted, d);
            from = from.narrow(d, shared[0] - p.region().offsets().get(d), shared[1]);
            to = to.narrow(d, shared[0] - wanted.offsets().get(d), shared[1]);
        }
        to.copy_(from);
    }

    private Tensor piece(SavedTensor.Part p) throws IOException {
        Map<String, Tensor> tensors = open.get(p.file());
        if (tensors == null) open.put(p.file(), tensors = opened(p.file()));
        Tensor t = tensors.get(p.key());
        if (t == null) throw new MalformedFileException(folder.resolve(p.file()), "it lacks " + p.key() + ", which the index places there");
        if (verified.add(p.file() + "\n" + p.key()) && Bytes.checksum(t) != p.crc32c())
            throw new MalformedFileException(folder.resolve(p.file()), "it is damaged: the bytes of " + p.key()
                    + " do not have the checksum of the index");
        return t;
    }

    private Map<String, Tensor> opened(String name) throws IOException {
        Path file = folder.resolve(name);
        if (!Files.isRegularFile(file))
            throw new MalformedFileException(index, "it refers to " + name + ", which is missing. Copy all files of the folder");
        if (Files.size(file) != files.path(name).asLong(-1))
            throw new MalformedFileException(file, "it has " + Files.size(file) + " bytes, but the index says " + files.path(name).asText(
                    "nothing of it"));
        Map<String, Tensor> tensors = Safetensors.read(file, Reading.MAPPED).tensors();
        tensors.values().forEach(t -> mapped.adopt(t.escape()));
        return tensors;
    }

    @Override public void close() { mapped.close(); }
}
