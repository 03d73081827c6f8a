package panatorch.apps.options;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import panatorch.Torch;
import panatorch.apps.console.InputException;
import panatorch.apps.console.Json;
import panatorch.apps.console.ShellWord;
import panatorch.serialize.AtomicFile;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * A run's options as JSON: {@code config.json} in its folder, {@code config} in its {@code metrics.json}, and what {@code --config} reads.
 * A key is an option's name in camel case, {@code dropoutP} for {@code --dropout-p}. A list is an array or a text with commas.
 */
public final class ConfigFile {
    private ConfigFile() {}

    public static final String NAME = "config.json";

    /** Options that belong to a call and not to a run. */
    private static final Set<String> OF_A_CALL =
            Set.of("--out", "--config", "--resume", "--stop-after", "--help", "--stacktrace", "--verbose", "--quiet", "--json");
    /** Keys that are no options. */
    private static final String COMMAND = "command", LIBTORCH = "libtorch", JAVA = "java", WEIGHTS = "weights";
    /** Options that may change when a run is resumed. Changing any other would make it another run. */
    private static final Set<String> FREE = Set.of("--resume", "--epochs", "--stop-after", "--data", "--damaged", "--threads",
            "--early-stop", "--checkpoint-every", "--monitor", "--tensorboard",
            "--flight-recording", "--keep-going", "--help", "--stacktrace", "--verbose", "--quiet", "--json");

    // ---- writing

    /**
     * Returns the configuration of a run.
     *
     * @param derived values that took the place of defaults, by option
     * @param idle options without an effect, which are left out
     */
    public static Map<String, Object> of(CommandSpec command, Map<String, Object> derived, Set<String> idle) {
        var config = new LinkedHashMap<String, Object>();
        config.put(COMMAND, command.name());
        for (OptionSpec o : command.options()) {
            String name = o.longestName();
            Object value = derived.containsKey(name) ? derived.get(name) : o.getValue();
            if (OF_A_CALL.contains(name) || idle.contains(name) || value == null) continue;
            config.put(key(name), value instanceof Path p ? p.toAbsolutePath().normalize().toString() : value);
        }
        config.put(LIBTORCH, Torch.version());
        config.put(JAVA, Runtime.version().toString());
        return config;
    }

    /**
     * Writes {@code config.json}.
     *
     * @param config the run's configuration
     * @param weights metadata of the run's weights, for checkpoints of kinds that cannot hold it
     */
    public static void write(Path folder, Map<String, Object> config, Map<String, String> weights) throws IOException {
        var all = new LinkedHashMap<String, Object>(config);
        all.put(WEIGHTS, weights);
        AtomicFile.write(folder.resolve(NAME), Json.PRETTY.writeValueAsBytes(all));
    }

    /** Returns the key of an option: {@code dropoutP} for {@code --dropout-p}. */
    private static String key(String option) {
        var key = new StringBuilder();
        for (String word : option.substring(2).split("-"))
            key.append(key.isEmpty() ? word : Character.toUpperCase(word.charAt(0)) + word.substring(1));
        return key.toString();
    }

    // ---- reading

    /** Returns whether the folder is that of a run. */
    public static boolean isOfRun(Path folder) {
        return beside(folder.resolve(NAME)).has(COMMAND);
    }

    /** Returns the metadata in the {@code config.json} beside a checkpoint; empty if there is none. */
    static Map<String, String> weights(Path checkpoint) {
        var metadata = new LinkedHashMap<String, String>();
        beside(checkpoint).path(WEIGHTS).properties().forEach(e -> metadata.put(e.getKey(), e.getValue().asText()));
        return metadata;
    }

    /** Returns the data folder of the run whose folder holds the checkpoint; null if it is in no run's folder, or the run had none. */
    static @Nullable Path data(Path checkpoint) {
        JsonNode data = beside(checkpoint).path("data");
        return data.isTextual() ? Path.of(data.asText()) : null;
    }

    /** Reads the configuration beside a file; a node without keys if there is none. */
    private static JsonNode beside(Path file) {
        Path config = file.toAbsolutePath().resolveSibling(NAME);
        try {
            return Files.exists(config) ? read(config) : MissingNode.getInstance();
        } catch (InputException e) {
            return MissingNode.getInstance(); // the file of another program
        }
    }

    /** Inserts the options of the file that {@code --config} or {@code --resume} names before the user's own, which take precedence. */
    public static String[] expand(String[] args, Map<String, CommandLine> commands) {
        int at = 0;
        while (at < args.length && args[at].startsWith("-")) at++;
        CommandLine command = at == args.length ? null : commands.get(args[at]);
        if (command == null) return args;
        CommandSpec spec = command.getCommandSpec();
        List<String> own = Arrays.asList(args).subList(at + 1, args.length);
        String file = valueOf(spec, "--config", own), folder = valueOf(spec, "--resume", own);
        if (file == null && folder == null) return args;
        if (file != null && folder != null)
            throw new InputException("--resume goes on with the configuration of its run, so --config cannot be given with it");
        if (folder != null) {
            onlyFree(own);
            isOf(spec.name(), Path.of(folder));
            keepsEpochs(configOf(Path.of(folder)), valueOf(spec, "--epochs", own));
        }
        var all = new ArrayList<>(Arrays.asList(args).subList(0, at + 1));
        all.addAll(options(file != null ? Path.of(file) : configOf(Path.of(folder)), spec));
        all.addAll(own);
        return all.toArray(String[]::new);
    }

    private static @Nullable String valueOf(CommandSpec command, String option, List<String> args) {
        if (command.findOption(option) == null) return null;
        for (int i = 0; i < args.size(); i++) {
            if (args.get(i).startsWith(option + "=")) return args.get(i).substring(option.length() + 1);
            if (args.get(i).equals(option) && i + 1 < args.size()) return args.get(i + 1);
        }
        return null;
    }

    private static Path configOf(Path folder) {
        Path file = folder.resolve(NAME);
        if (!Files.isDirectory(folder))
            throw new InputException(
                    "there is no run to go on with: " + folder + (Files.exists(folder) ? " is not a folder" : " does not exist"));
        if (!Files.exists(file)) throw new InputException("there is no run to go on with in " + folder + ": it has no " + NAME);
        return file;
    }

    private static void onlyFree(List<String> args) {
        for (String a : args) {
            String name = a.contains("=") ? a.substring(0, a.indexOf('=')) : a;
            if (name.equals("--out"))
                throw new InputException("--out cannot be given with --resume, because a run goes on in its own folder");
            if (name.startsWith("--") && !FREE.contains(name))
                throw new InputException(name
                        + " cannot be given with --resume, because the run would become another one; --config with its config.json begins "
                        + "a new run with other options");
        }
    }

    private static void isOf(String command, Path folder) {
        String begun = read(configOf(folder)).path(COMMAND).asText(command);
        if (!begun.equals(command))
            throw new InputException("the run in " + folder + " was begun by " + begun + ": panatorch " + begun + " --resume "
                    + ShellWord.of(folder) + " goes on with it");
    }

    private static void keepsEpochs(Path file, @Nullable String epochs) {
        JsonNode config = read(file);
        if (epochs == null || epochs.equals(config.path("epochs").asText())) return;
        String schedule = config.path("schedule").asText(), why = "--epochs cannot be changed when a run is resumed whose ";
        if (config.path(COMMAND).asText().equals("distill"))
            throw new InputException(why + "learning rate falls after two thirds of its " + config.path("epochs") + " epochs");
        boolean spans = Arrays.stream(ScheduleName.values()).anyMatch(s -> s.spansTheRun() && s.toString().equals(schedule));
        if (spans) throw new InputException(why + "schedule, " + schedule + ", spans all of its " + config.path("epochs") + " epochs");
    }

    private static List<String> options(Path file, CommandSpec command) {
        var names = new LinkedHashMap<String, OptionSpec>();
        for (OptionSpec o : command.options()) if (!OF_A_CALL.contains(o.longestName())) names.put(key(o.longestName()), o);
        var args = new ArrayList<String>();
        for (Map.Entry<String, JsonNode> e : read(file).properties()) {
            String key = e.getKey();
            JsonNode value = e.getValue();
            OptionSpec option = names.get(key);
            if (key.equals(COMMAND) || key.equals(LIBTORCH) || key.equals(JAVA) || key.equals(WEIGHTS)) continue;
            if (option == null)
                throw new InputException(
                        "the configuration " + file + " has the unknown key '" + key + "'" + SpellingHint.of(key, names.keySet()));
            if (value.isObject())
                throw new InputException("the configuration " + file + " has an object for '" + key + "', and a value is needed");
            if (!value.isNull() && !text(value).isEmpty()) args.add(option.longestName() + "=" + text(value));
        }
        return args;
    }

    private static String text(JsonNode value) {
        if (!value.isArray()) return value.asText();
        var list = new StringJoiner(",");
        value.forEach(v -> list.add(v.asText()));
        return list.toString();
    }

    private static JsonNode read(Path file) {
        try {
            JsonNode json = new ObjectMapper().readTree(Files.readAllBytes(file));
            if (!json.isObject()) throw new InputException("the configuration " + file + " is not a JSON object");
            return json;
        } catch (JsonProcessingException e) {
            throw new InputException(
                    "the configuration " + file + " is not JSON: " + e.getOriginalMessage() + " in line " + e.getLocation().getLineNr(), e);
        } catch (IOException e) {
            throw new InputException("the configuration cannot be read: " + InputException.reason(e), e);
        }
    }
}
