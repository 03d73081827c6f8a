package panatorch.apps.models;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import panatorch.Tensor;
import panatorch.apps.console.InputException;
import panatorch.apps.options.OutputFolder;
import panatorch.apps.options.SpellingHint;
import panatorch.serialize.Npy;
import panatorch.serialize.Safetensors;

/** Files of the inputs and outputs of a run: safetensors or npz, by their names' endings. */
public final class TensorFile {
    private TensorFile() {}

    /**
     * Checks that a file can be written, and that its ending is known.
     *
     * @throws InputException if not
     */
    public static void check(Path file) {
        ending(file);
        OutputFolder.file(file);
    }

    private static boolean isNpz(Path file) { return ending(file).equals("npz"); }

    private static String ending(Path file) {
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT), ending = name.substring(name.lastIndexOf('.') + 1);
        if (!ending.equals("npz") && !ending.equals("safetensors"))
            throw new InputException("the extension of " + file.getFileName() + " is unknown: use .safetensors or .npz");
        return ending;
    }

    /** Reads the tensors of a file into the current scope. */
    public static Map<String, Tensor> read(Path file) {
        try {
            return isNpz(file) ? Npy.loadAll(file) : Safetensors.load(file);
        } catch (IOException e) {
            throw new InputException("the inputs cannot be read: " + InputException.reason(e), e);
        }
    }

    public static void write(Path file, Map<String, Tensor> tensors) throws IOException {
        var whole = new LinkedHashMap<String, Tensor>();
        tensors.forEach((name, t) -> whole.put(name, t.contiguous()));
        try {
            if (isNpz(file)) Npy.saveAll(file, whole);
            else Safetensors.save(file, whole, Map.of());
        } catch (IllegalArgumentException e) {
            throw new InputException(e.getMessage() + "; write " + (isNpz(file) ? "a .safetensors" : "an .npz") + " file instead", e);
        }
    }

    /**
     * Finds out which tensor is which input: by the inputs' names, or as {@code in0}, {@code in1} and so on by their places.
     *
     * @throws InputException if one is unknown or missing; the message names it
     */
    public static Map<String, Tensor> named(Map<String, Tensor> tensors, List<LoadedModel.Input> inputs, Path file) {
        List<String> names = inputs.stream().map(LoadedModel.Input::name).toList();
        var found = new LinkedHashMap<String, Tensor>();
        var places = new ArrayList<String>();
        for (int i = 0; i < names.size(); i++) places.add("in" + i);
        boolean byPlace = !tensors.isEmpty() && places.containsAll(tensors.keySet()) && !names.containsAll(tensors.keySet());
        tensors.forEach((key, t) -> {
            if (!byPlace && !names.contains(key))
                throw new InputException(file + " has '" + key + "', which is no input of the model" + (names.isEmpty() ? "; it takes none"
                        : SpellingHint.then(key, names, "it takes " + String.join(", ", names) + ", or " + String.join(", ", places))));
            found.put(byPlace ? names.get(places.indexOf(key)) : key, t);
        });
        for (int i = 0; i < names.size(); i++)
            if (inputs.get(i).required() && !found.containsKey(names.get(i)))
                throw new InputException(file + " lacks the input " + inputs.get(i) + (byPlace ? ", as in" + i : "") + "; it has "
                        + String.join(", ", tensors.keySet()));
        return found;
    }
}
