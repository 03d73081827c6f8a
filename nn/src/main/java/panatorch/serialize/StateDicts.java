package panatorch.serialize;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.Scope;
import panatorch.Tensor;

/** The weights in a file of whatever kind, for {@code Module.loadStateDict}. */
public final class StateDicts {
    private StateDicts() {}

    private static final List<String> WRAPPERS = List.of("state_dict", "model_state_dict", "model", "net", "params");
    private static final String DATA_PARALLEL = "module.";

    /**
     * Named tensors of a file that is recognised by its first bytes: safetensors, an index of several ({@code ….index.json}),
     * {@code torch.save}, npz. A dict of {@code torch.save} that holds the weights as {@code state_dict}, {@code model_state_dict},
     * {@code model}, {@code net} or {@code params} is unwrapped, what else a state dict holds than tensors is left out, and a
     * prefix {@code module.} that all names have, as {@code DataParallel} makes it, is taken off.
     *
     * <p>The tensors are on the CPU, require no gradients, and belong to the current scope, or to the caller. Most are views of the file's mapping: see
     * {@link TorchFile} and {@link Safetensors}.
     *
     * @throws MalformedFileException if the file is of no such kind, is damaged, or holds no named tensors
     */
    public static Map<String, Tensor> load(Path file) throws IOException { return read(file).tensors(); }

    /** {@link #load} with the texts that safetensors files hold beside the tensors; other kinds have none. */
    public static Safetensors.Content read(Path path) throws IOException {
        try (var scope = Scope.open()) {
            Safetensors.Content content = readAny(path);
            content.tensors().values().forEach(scope::keep);
            return new Safetensors.Content(withoutPrefix(content.tensors()), content.metadata());
        }
    }

    private static Safetensors.Content readAny(Path path) throws IOException {
        if (path.toString().endsWith(".json")) return new Safetensors.Content(Safetensors.load(path), Map.of());
        MappedFile file = MappedFile.open(path);
        if (!ZipArchive.recognises(file) && !TorchFile.recognises(file)) return Safetensors.read(path);
        if (Npy.recognises(file)) return new Safetensors.Content(Npy.loadAll(file), Map.of());
        return new Safetensors.Content(ofDict(file, TorchFile.load(file)), Map.of());
    }

    private static Map<String, Tensor> ofDict(MappedFile file, @Nullable Object value) throws MalformedFileException {
        var tensors = new LinkedHashMap<String, Tensor>();
        if (value instanceof Map<?, ?> dict) {
            for (String wrapper : WRAPPERS) if (dict.get(wrapper) instanceof Map<?, ?> inner && !inner.isEmpty()) return ofDict(file, inner);
            dict.forEach((name, t) -> {
                if (name instanceof String text && t instanceof Tensor tensor) tensors.put(text, tensor.requiresGrad() ? tensor.detach() : tensor);
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
