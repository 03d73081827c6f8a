package panatorch.serialize;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.Scope;
import panatorch.Tensor;

/** Reads weights from a file of any supported format, for {@code Module.loadStateDict}. */
public final class StateDicts {
    private StateDicts() {}

    private static final List<String> WRAPPERS = List.of("state_dict", "model_state_dict", "model", "net", "params");
    private static final String DATA_PARALLEL = "module.";

    /**
     * Returns the named tensors of a file. The first bytes decide its format: safetensors, an index of several such files
     * ({@code ….index.json}), {@code torch.save}, or npz. A dict of {@code torch.save} that holds the weights as {@code state_dict},
     * {@code model_state_dict}, {@code model}, {@code net} or {@code params} is unwrapped. Entries that are not tensors are left out. A
     * prefix {@code module.} of all names, as {@code DataParallel} adds it, is removed.
     *
     * <p>
     * The tensors are on the CPU, in memory of their own, require no gradients, and belong to the current scope, or to the caller if there
     * is none.
     *
     * @throws MalformedFileException if the file has another format, is damaged, or holds no named tensors
     */
    public static Map<String, Tensor> load(Path file) throws IOException { return load(file, Reading.COPIED); }

    /** Returns the named tensors of a file, copied or mapped. */
    public static Map<String, Tensor> load(Path file, Reading reading) throws IOException {
        return read(file, reading).tensors();
    }

    /** Returns the named tensors and the texts that safetensors files hold beside them; other formats have none. */
    public static Weights read(Path path) throws IOException {
        return read(path, Reading.COPIED);
    }

    /** Returns the named tensors and texts of a file, copied or mapped. */
    public static Weights read(Path path, Reading reading) throws IOException {
        try (var scope = Scope.open()) {
            Weights content = readAny(path, reading);
            content.tensors().values().forEach(scope::keep);
            return new Weights(withoutPrefix(content.tensors()), content.metadata());
        }
    }

    private static Weights readAny(Path path, Reading reading) throws IOException {
        if (path.toString().endsWith(".json")) return new Weights(Safetensors.load(path, reading), Map.of());
        try (var file = FileBytes.open(path, reading)) {
            if (!ZipArchive.recognises(file) && !TorchFile.recognises(file)) return Safetensors.read(file);
            if (Npy.recognises(file)) return new Weights(Npy.loadAll(file), Map.of());
            return new Weights(ofDict(file, TorchFile.load(file)), Map.of());
        }
    }

    private static Map<String, Tensor> ofDict(FileBytes file, @Nullable Object value) throws MalformedFileException {
        var tensors = new LinkedHashMap<String, Tensor>();
        if (value instanceof Map<?, ?> dict) {
            for (String wrapper : WRAPPERS)
                if (dict.get(wrapper) instanceof Map<?, ?> inner && !inner.isEmpty()) return ofDict(file, inner);
            dict.forEach((name, t) -> {
                if (name instanceof String text && t instanceof Tensor tensor)
                    tensors.put(text, tensor.requiresGrad() ? tensor.detach() : tensor);
            });
        }
        if (tensors.isEmpty()) throw file.malformed("it holds no named tensors");
        return tensors;
    }

    private static Map<String, Tensor> withoutPrefix(Map<String, Tensor> tensors) {
        if (!tensors.keySet().stream().allMatch(name -> name.startsWith(DATA_PARALLEL))) return tensors;
        var plain = new LinkedHashMap<String, Tensor>();
        tensors.forEach((name, t) -> plain.put(name.substring(DATA_PARALLEL.length()), t));
        return plain;
    }
}
