package panatorch.apps.serving;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import panatorch.apps.console.InputException;
import panatorch.apps.models.Companions;
import panatorch.apps.models.ModelKind;

/**
 * The files that models are loaded from: those that the user names, and a folder with {@code NAME/VERSION/MODEL.pt2}. Beside a file may lie
 * its labels, preprocessing and tokenizer by their usual names.
 */
public final class ModelFiles {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,127}"), VERSION = Pattern.compile("\\d{1,18}");
    private static final Pattern MODEL = Pattern.compile(".*\\.(pt2|ts|pt|pth)");
    private static final List<String> COMPANIONS =
            List.of(Companions.LABELS, "labels.txt", Companions.PREPROCESSING, Companions.TOKENIZER);

    /**
     * A version of a model.
     *
     * @param file the model
     * @param companions files that go with it, by the names that they have in a model's file
     */
    public record Version(Path file, Map<String, Path> companions) {}

    private final Map<String, SortedMap<Long, Version>> named = new TreeMap<>();
    private final @Nullable Path folder;

    /** @param folder folder of models; null if there is none */
    public ModelFiles(@Nullable Path folder) {
        if (folder != null && !Files.isDirectory(folder)) throw new InputException("there is no folder " + folder + " of models");
        this.folder = folder;
    }

    /**
     * Adds a file that the user names, as version 1.
     *
     * @param text the file, or NAME=FILE
     * @param companions files that take the place of those beside it
     * @throws InputException if it is no model, or the name is taken
     */
    public void add(String text, Map<String, Path> companions) {
        int equals = text.indexOf('=');
        Path file = Path.of(text.substring(equals + 1));
        String name = equals > 0 ? text.substring(0, equals) : file.getFileName().toString().replaceFirst("\\.[^.]*$", "");
        if (!NAME.matcher(name).matches())
            throw new InputException(
                    "'" + name + "' cannot be the name of a model, as it is part of an address: use letters, digits and ._- "
                            + "in NAME=" + file);
        ModelKind.of(file);
        var all = beside(file);
        all.putAll(companions);
        if (named.put(name, new TreeMap<>(Map.of(1L, new Version(file, all)))) != null)
            throw new InputException("two models have the name '" + name + "'; give one another by NAME=FILE");
    }

    /** Returns the names of all models. */
    public List<String> names() {
        var names = new ArrayList<>(named.keySet());
        if (folder == null) return names;
        try (Stream<Path> all = Files.list(folder)) {
            all.filter(Files::isDirectory).map(f -> f.getFileName().toString()).filter(n -> NAME.matcher(n).matches())
                    .filter(n -> !named.containsKey(n)).sorted().forEach(names::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return names;
    }

    /**
     * Returns the versions of a model as they are now.
     *
     * @throws NoSuchElementException if there is no such model
     * @throws InputException if its folder holds none
     */
    public SortedMap<Long, Version> versions(String name) {
        SortedMap<Long, Version> own = named.get(name);
        if (own != null) return own;
        if (folder == null || !NAME.matcher(name).matches() || !Files.isDirectory(folder.resolve(name)))
            throw new NoSuchElementException("there is no model '" + name + "'" + (folder == null ? "" : " in the folder of models"));
        var versions = new TreeMap<Long, Version>();
        try (Stream<Path> all = Files.list(folder.resolve(name))) {
            for (Path f : (Iterable<Path>) all::iterator) {
                String number = f.getFileName().toString();
                if (Files.isDirectory(f) && VERSION.matcher(number).matches()) versions.put(Long.valueOf(number), version(f));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (versions.isEmpty())
            throw new InputException("the folder of the model '" + name + "' has no version in it, such as " + name + "/1/model.pt2");
        return versions;
    }

    private static Version version(Path folder) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.list(folder)) {
            files = all.filter(f -> MODEL.matcher(f.getFileName().toString()).matches()).sorted().toList();
        }
        if (files.size() != 1)
            throw new InputException("the folder " + folder + " has to hold one model (.pt2, .ts or .pt), and holds " + files.size());
        return new Version(files.getFirst(), beside(files.getFirst()));
    }

    private static Map<String, Path> beside(Path file) {
        var found = new HashMap<String, Path>();
        for (String name : COMPANIONS) {
            Path f = file.resolveSibling(name);
            if (Files.isRegularFile(f)) found.put(name, f);
        }
        return found;
    }
}
