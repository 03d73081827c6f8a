package panatorch.serialize;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.internal.pickle.Pickle;

/**
 * The weights of a TorchScript archive, under the names of Python's {@code torch.jit.load(file).state_dict()}. The pickle holds the
 * modules' attributes. Which of them are parameters and buffers is written in the archive's code, of which only these lists are read:
 * nothing is run.
 */
final class ScriptWeights implements Pickle.Names {
    private static final Pattern CLASS = Pattern.compile("(?ms)^class (\\w+)\\((\\w*)\\):\\n(.*?)(?=^class |^def |\\z)");
    private static final Pattern MEMBERS = Pattern.compile("(?m)^  __(parameters|buffers)__ = \\[(.*)]$"),
            QUOTED = Pattern.compile("\"(.*?)\"");
    private static final int MOST_MODULES = 1_000_000;

    /**
     * What the code says of a class of modules.
     *
     * @param restores whether its objects are restored by code of its own
     */
    private record ModuleType(Set<String> parameters, Set<String> buffers, boolean restores) {}

    /** An object of one of the script's classes. */
    private static final class Instance implements Pickle.Built {
        private final String type;
        private Map<?, ?> attributes = Map.of();

        Instance(String type) { this.type = type; }

        @Override public void build(@Nullable Object state) { if (state instanceof Map<?, ?> map) attributes = map; }
    }

    private final FileBytes file;
    private final TorchNames names;
    private final Map<String, ModuleType> types = new HashMap<>();
    private final Map<String, Tensor> weights = new LinkedHashMap<>();
    private int modules;

    private ScriptWeights(FileBytes file, TorchNames names) {
        this.file = file;
        this.names = names;
    }

    /** Returns whether an archive is one of {@code torch.jit.save}. */
    static boolean isScript(ZipArchive archive) {
        return archive.names().stream()
                .anyMatch(n -> n.endsWith("/constants.pkl") && n.indexOf('/') == n.length() - "/constants.pkl".length());
    }

    /** Returns the weights, which belong to the current scope. */
    static Map<String, Tensor> load(ZipArchive archive) throws IOException {
        String root = TorchFile.root(archive);
        var weights = new ScriptWeights(archive.file(), TorchFile.names(archive, root, true));
        for (String name : archive.names())
            if (name.startsWith(root + "code/") && name.endsWith(".py"))
                weights.readTypes(name.substring((root + "code/").length(), name.length() - ".py".length()).replace('/', '.'),
                        new String(archive.checked(name).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8));
        Object program = Pickle.read(archive.checked(root + "data.pkl"), 0, weights).value();
        archive.requireUnchanged();
        if (program instanceof Instance top) weights.collect(top, "", 0);
        if (weights.weights.isEmpty())
            throw archive.file().malformed("it is a TorchScript program without parameters and buffers, as torch.jit.freeze makes one");
        return weights.weights;
    }

    private void readTypes(String module, String code) {
        for (Matcher type = CLASS.matcher(code); type.find();) {
            if (!type.group(2).equals("Module")) continue;
            var members = new HashMap<String, Set<String>>();
            for (Matcher m = MEMBERS.matcher(type.group(3)); m.find();)
                members.put(m.group(1), QUOTED.matcher(m.group(2)).results().map(r -> r.group(1)).collect(Collectors.toSet()));
            types.put(module + "." + type.group(1), new ModuleType(members.getOrDefault("parameters", Set.of()),
                    members.getOrDefault("buffers", Set.of()), type.group(3).contains("\n  def __setstate__(")));
        }
    }

    /** Adds a module's parameters, then its buffers, then those of its children, as Python does. */
    private void collect(Instance module, String prefix, int level) throws MalformedFileException {
        ModuleType type = types.get(module.type);
        if (type == null) return; // an object that is no module
        if (level > PlainData.MOST_LEVELS || ++modules > MOST_MODULES)
            throw file.malformed("its modules are nested more than " + PlainData.MOST_LEVELS + " levels deep, or contain themselves");
        if (type.restores)
            throw file.malformed("its module " + (prefix.isEmpty() ? "at the top" : prefix.substring(0, prefix.length() - 1)) + " ("
                    + module.type
                    + ") restores its weights by code, as quantised modules do; ScriptModule.load runs it, and its stateDict() has them");
        for (Set<String> members : List.of(type.parameters, type.buffers))
            module.attributes.forEach((name, value) -> {
                if (name instanceof String text && members.contains(text) && value instanceof Tensor t) weights.put(prefix + text, t);
            });
        for (var e : module.attributes.entrySet())
            if (e.getValue() instanceof Instance child) collect(child, prefix + e.getKey() + ".", level + 1);
    }

    // ---- the names in the pickle

    @Override public Object global(String module, String name) throws IOException {
        if (module.equals("__torch__") || module.startsWith("__torch__."))
            return (Pickle.Maker) (List<@Nullable Object> a) -> new Instance(module + "." + name);
        if (module.equals("torch.jit._pickle")) return (Pickle.Maker) (List<@Nullable Object> a) -> a.isEmpty() ? null : a.getFirst();
        return names.global(module, name);
    }

    @Override public @Nullable Object persistent(@Nullable Object id) throws IOException { return names.persistent(id); }

    @Override public IOException malformed(String what) { return names.malformed(what); }
}
