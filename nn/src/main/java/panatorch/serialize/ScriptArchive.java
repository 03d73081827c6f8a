package panatorch.serialize;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import panatorch.internal.pickle.Pickle;

/**
 * The contents of a TorchScript file, a zip archive of {@code torch.jit.save}, read without running anything. Reading also checks what
 * libtorch takes on trust: that tensors lie within their storages, that pickles and code are undamaged, and that code is not nested so
 * deeply that a parser would run out of stack.
 */
public final class ScriptArchive {
    private static final Pattern OPERATOR = Pattern.compile("\\bops\\.(\\w+)\\.(\\w+)\\(");
    private static final Pattern ASSIGNED = Pattern.compile("(?m)^ *[\\w.]+\\.(\\w+) = ");

    private final Map<String, String> code = new LinkedHashMap<>();
    private final Map<String, byte[]> extraFiles = new LinkedHashMap<>();

    private ScriptArchive() {}

    /**
     * Reads a file.
     *
     * @throws MalformedFileException if the file is not one of {@code torch.jit.save}, is damaged, or was made to harm
     */
    public static ScriptArchive read(Path path) throws IOException {
        try (var file = FileBytes.open(path, Reading.COPIED)) {
            return read(file);
        }
    }

    private static ScriptArchive read(FileBytes file) throws IOException {
        if (!ZipArchive.recognises(file)) throw file.malformed("it is not a file of torch.jit.save, which is a zip archive");
        ZipArchive archive = ZipArchive.of(file);
        String root = root(archive);
        var script = new ScriptArchive();
        for (String name : archive.names()) {
            if (!name.startsWith(root)) throw file.malformed("it has the entry " + name + " outside of its folder " + root);
            String inside = name.substring(root.length());
            if (inside.startsWith("extra/")) script.extraFiles.put(inside.substring(6), bytes(archive, name));
            else if (inside.equals("traced_inputs.pkl")) archive.checked(name); // libtorch does not read it, and its storages are empty
            else if (inside.endsWith(".pkl") || inside.endsWith(".debug_pkl")) pickle(archive, root, name, inside);
            else if (inside.startsWith("code/") && inside.endsWith(".py")) script.code.put(inside.substring(5), code(archive, name));
            else if (!inside.startsWith("data/") && !inside.startsWith("constants/")) archive.checked(name);
        }
        archive.requireUnchanged();
        return script;
    }

    /** Returns the folder that contains all entries, with its slash. */
    private static String root(ZipArchive archive) throws IOException {
        List<String> roots = archive.names().stream().filter(n -> n.endsWith("/constants.pkl"))
                .map(n -> n.substring(0, n.length() - "constants.pkl".length())).toList();
        if (roots.size() == 1 && archive.has(roots.getFirst() + "data.pkl")) return roots.getFirst();
        if (archive.names().stream().anyMatch(n -> n.endsWith("/model.json")))
            throw archive.file().malformed("PyTorch before 1.4 wrote it; load it and save it again with a newer one");
        if (archive.names().stream().anyMatch(n -> n.endsWith("/archive_format")))
            throw archive.file().malformed("it is an exported program (torch.export.save), not a script of torch.jit.save");
        if (archive.names().stream().anyMatch(n -> n.endsWith("/data.pkl")))
            throw archive.file().malformed("it is a file of torch.save, not of torch.jit.save: StateDicts and TorchFile read its weights");
        throw archive.file().malformed("it is a zip archive, but not one of torch.jit.save: it has no constants.pkl");
    }

    private static byte[] bytes(ZipArchive archive, String name) throws IOException {
        return archive.checked(name).toArray(ValueLayout.JAVA_BYTE);
    }

    private static void pickle(ZipArchive archive, String root, String name, String inside) throws IOException {
        String tensors = root + (inside.equals("data.pkl") ? "data/" : inside.substring(0, inside.lastIndexOf('.')) + "/");
        var data = archive.checked(name);
        Pickle.read(data, 0, new ScriptNames(archive, tensors, inside));
    }

    private static String code(ZipArchive archive, String name) throws IOException {
        String text = new String(bytes(archive, name), StandardCharsets.UTF_8);
        CodeDepth.check(archive.file(), name, text);
        return text;
    }

    /** Returns the files of serialized code by their names, such as {@code __torch__/model.py}. */
    public Map<String, String> code() {
        return Collections.unmodifiableMap(code);
    }

    /** Returns the extra files that were saved with the script. */
    public Map<String, byte[]> extraFiles() {
        return Collections.unmodifiableMap(extraFiles);
    }

    /** Returns the operators that the code calls by their full names, such as {@code torchvision::nms}, in alphabetical order. */
    public List<String> operators() {
        var found = new TreeSet<String>();
        for (String text : code.values()) OPERATOR.matcher(text).results().forEach(m -> found.add(m.group(1) + "::" + m.group(2)));
        return List.copyOf(found);
    }

    /** Returns the names of the attributes to which the code assigns, in alphabetical order. */
    public List<String> assignedAttributes() {
        var found = new TreeSet<String>();
        for (String text : code.values()) ASSIGNED.matcher(text).results().forEach(m -> found.add(m.group(1)));
        return List.copyOf(found);
    }
}
