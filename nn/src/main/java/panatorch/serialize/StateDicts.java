package panatorch.serialize;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import panatorch.Scope;
import panatorch.Tensor;

/** Reads weights from a file of any supported format, for {@code Module.loadStateDict}. */
public final class StateDicts {
    private StateDicts() {}

    private static final List<String> WRAPPERS =
            List.of("state_dict", "model_state_dict", "model", "net", "network", "module", "params", "weights");
    private static final String DATA_PARALLEL = "module.", COMPILED = "_orig_mod.";

    /**
     * Returns the named tensors of a file. The first bytes decide its format: safetensors, {@code torch.save}, {@code torch.jit.save} (the
     * parameters and buffers, as in {@code torch.jit.load(file).state_dict()}), npz, or an index of several such files
     * ({@code ….index.json}). A dict of {@code torch.save} that holds the weights as {@code state_dict}, {@code model_state_dict},
     * {@code model}, {@code net}, {@code network}, {@code module}, {@code params} or {@code weights}, or in its only dict of tensors, is
     * unwrapped. Entries that are not tensors are left out, and so are values of classes that are not known here; nothing of a file is ever
     * run. Of the names, {@code _orig_mod.} is removed wherever it stands, as {@code torch.compile} adds it to a module's name, and
     * {@code module.} where all names begin with it, as {@code DataParallel} and {@code DistributedDataParallel} add it.
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

    /**
     * Downloads a file of weights to the user's cache, unless it is there already, and checks it: PyTorch's
     * {@code load_state_dict_from_url}, which loads it as well.
     *
     * <pre>{@code
     * var url = URI.create("https://download.pytorch.org/models/resnet18-f37072fd.pth");
     * model.loadStateDict(StateDicts.load(StateDicts.download(url, "f37072fd")));
     * }</pre>
     *
     * <p>
     * The cache is the folder of the system property {@code panatorch.cache}, else {@code panatorch} in {@code XDG_CACHE_HOME} or in
     * {@code ~/.cache}; the file lies in {@code weights} there, under the name in the address with the checksum in front. An interrupted
     * download is resumed, and the file appears under its name only when it is complete and its checksum is right.
     *
     * @param url address of the file: {@code https}, {@code file}, or {@code http} on this machine
     * @param sha256 the SHA-256 of the content in hexadecimal, or its first 8 digits or more, as in the names of PyTorch's files
     * @return the file
     * @throws IOException if the download fails or has another checksum; the message says what to download by hand and where to put it
     * @throws IllegalArgumentException if the address or the checksum cannot be used
     */
    public static Path download(URI url, String sha256) throws IOException { return Downloads.fetch(url, sha256, Downloads.cache()); }

    /** Downloads a file of weights to a folder of one's own; see {@link #download(URI, String)}. */
    public static Path download(URI url, String sha256, Path folder) throws IOException {
        return Downloads.fetch(url, sha256, folder);
    }

    private static Weights readAny(Path path, Reading reading) throws IOException {
        if (path.toString().endsWith(".json"))
            return new Weights(Safetensors.readIndex(path, part -> readAny(part, reading).tensors()), Map.of());
        try (var file = FileBytes.open(path, reading)) {
            if (TorchFile.recognises(file)) return new Weights(ofDict(file, TorchFile.load(file, true)), Map.of());
            if (!ZipArchive.recognises(file)) return Safetensors.read(file);
            if (Npy.recognises(file)) return new Weights(Npy.loadAll(file), Map.of());
            ZipArchive archive = ZipArchive.of(file);
            return new Weights(ofDict(file, ScriptWeights.isScript(archive) ? ScriptWeights.load(archive) : TorchFile.load(archive, true)),
                    Map.of());
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
        if (!tensors.isEmpty()) return tensors;
        List<Map<?, ?>> inner = value instanceof Map<?, ?> dict ? dicts(dict) : List.of();
        if (inner.size() == 1) return ofDict(file, inner.getFirst());
        if (value instanceof PythonValues.Unknown whole) throw new TorchNames(file, false, id -> null).refusal(whole.name());
        throw file.malformed(inner.isEmpty() ? "it holds no named tensors"
                : "it holds " + inner.size() + " dicts of tensors; read it by TorchFile.load and choose one");
    }

    /** Returns the values that are dicts with named tensors, or hold such dicts. */
    private static List<Map<?, ?>> dicts(Map<?, ?> dict) {
        var dicts = new ArrayList<Map<?, ?>>();
        for (Object v : dict.values()) if (v instanceof Map<?, ?> map && (hasTensors(map) || !dicts(map).isEmpty())) dicts.add(map);
        return dicts;
    }

    private static boolean hasTensors(Map<?, ?> dict) {
        return dict.entrySet().stream().anyMatch(e -> e.getKey() instanceof String && e.getValue() instanceof Tensor);
    }

    private static Map<String, Tensor> withoutPrefix(Map<String, Tensor> tensors) {
        Map<String, Tensor> plain = renamed(tensors, name -> name.replace(COMPILED, ""));
        while (!plain.isEmpty() && plain.keySet().stream().allMatch(name -> name.startsWith(DATA_PARALLEL)))
            plain = renamed(plain, name -> name.substring(DATA_PARALLEL.length()));
        return plain;
    }

    /** Returns the tensors under new names, or under their own if two would get the same one. */
    private static Map<String, Tensor> renamed(Map<String, Tensor> tensors, UnaryOperator<String> name) {
        var renamed = new LinkedHashMap<String, Tensor>();
        tensors.forEach((old, t) -> renamed.put(name.apply(old), t));
        return renamed.size() == tensors.size() ? renamed : tensors;
    }
}
