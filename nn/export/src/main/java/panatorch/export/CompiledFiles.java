package panatorch.export;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;
import panatorch.serialize.ArchiveFile;

/** The files of one model's compiled code in an archive. */
final class CompiledFiles {
    private static final String FOLDER = "data/aotinductor/", CODE = ".so", SOURCE = ".wrapper.cpp", METADATA = "_metadata.json";
    private static final long LONGEST_TEXT = 1L << 28;

    private final ArchiveFile archive;
    private final String folder;
    private final List<String> names;

    private CompiledFiles(ArchiveFile archive, String folder, List<String> names) {
        this.archive = archive;
        this.folder = folder;
        this.names = names;
    }

    /**
     * Finds the model that the options mean.
     *
     * @param root the archive's folder, with a slash
     */
    static CompiledFiles find(ArchiveFile archive, String root, CompiledOptions options) throws IOException {
        String model = model(archive, root, options.model());
        String folder = root + FOLDER + model + "/";
        var names = new ArrayList<String>();
        for (String name : archive.names()) {
            if (!name.startsWith(folder)) continue;
            String file = name.substring(folder.length());
            if (file.isEmpty() || file.startsWith(".") || file.contains("/") || file.contains("\\") || file.contains("\0"))
                throw archive.malformed("its file " + name + " has a name that compiled code does not have");
            names.add(file);
        }
        var files = new CompiledFiles(archive, folder, names);
        long libraries = names.stream().filter(n -> n.endsWith(CODE)).count();
        if (libraries != 1)
            throw archive.malformed(libraries == 0 ? "it has the source of the model '" + model + "', but no compiled library (.so)"
                    : "its model '" + model + "' has " + libraries + " libraries, as code for Triton does; 1 is loaded");
        return files;
    }

    private static String model(ArchiveFile archive, String root, @Nullable String asked) throws IOException {
        var models = new TreeSet<String>();
        for (String name : archive.names()) {
            if (!name.startsWith(root + FOLDER)) continue;
            String rest = name.substring((root + FOLDER).length());
            if (rest.indexOf('/') > 0) models.add(rest.substring(0, rest.indexOf('/')));
        }
        if (models.isEmpty())
            throw archive.malformed("it has no compiled code"
                    + (archive.names().stream().anyMatch(n -> n.startsWith(root + "models/"))
                            ? ", but an exported program: load it by ExportedProgram.load"
                            : ""));
        if (asked == null && models.size() == 1) return models.first();
        if (asked == null) throw archive.malformed("it has the models " + models + "; tell which by CompiledOptions.model");
        if (!models.contains(asked)) throw archive.malformed("it has no model '" + asked + "', but " + models);
        return asked;
    }

    /** Returns the model's name. */
    String model() {
        String path = folder.substring(0, folder.length() - 1);
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /** Returns the name of the library. */
    String library() {
        return names.stream().filter(n -> n.endsWith(CODE)).findFirst().orElseThrow();
    }

    /** Returns what the compiler says about the library: the device, platform, and instruction set. */
    Map<String, String> metadata() throws IOException {
        String library = library(), name = library.substring(0, library.length() - CODE.length()) + METADATA;
        if (!names.contains(name)) throw archive.malformed("it has no " + name + ", which tells for which processor the code is");
        return JsonReader.read(archive.bytes(folder + name, LONGEST_TEXT), name, archive::malformed, json -> () -> {
            var metadata = new LinkedHashMap<String, String>();
            json.object(key -> metadata.put(key, json.text()));
            return metadata;
        });
    }

    /** Returns the library's source text, or null if the archive does not have it. */
    @Nullable CompiledSource source() throws IOException {
        String name = names.stream().filter(n -> n.endsWith(SOURCE)).findFirst().orElse(null);
        return name == null ? null
                : new CompiledSource(new String(archive.bytes(folder + name, LONGEST_TEXT), StandardCharsets.UTF_8), archive::malformed);
    }

    /** Writes the files to a folder, but for the source texts, and returns the library. They may have any size. */
    Path unpack(Path file, Path to) throws IOException {
        try (var zip = new ZipFile(file.toFile())) {
            for (String name : names) if (!name.endsWith(".cpp")) copy(zip, folder + name, to.resolve(name));
        } catch (ZipException e) {
            throw archive.malformed(String.valueOf(e.getMessage()));
        }
        return to.resolve(library());
    }

    private void copy(ZipFile zip, String name, Path to) throws IOException {
        ZipEntry entry = zip.getEntry(name);
        if (entry == null) throw archive.malformed("it has no " + name);
        var sum = new CRC32();
        try (var in = new CheckedInputStream(zip.getInputStream(entry), sum)) {
            Files.copy(in, to);
        }
        if (sum.getValue() != entry.getCrc()) throw archive.malformed("the checksum of " + name + " is wrong");
    }
}
