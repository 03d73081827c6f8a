package panatorch.export;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import panatorch.serialize.ArchiveFile;

/**
 * An archive of {@code torch.export.save} (<a href="https://docs.pytorch.org/docs/stable/export/pt2_archive.html">its layout</a>):
 * programs, their tensors and any extra files, in one folder.
 */
final class Pt2File implements AutoCloseable {
    private static final long LONGEST_TEXT = 1L << 30;

    private final ArchiveFile archive;
    private final String root;

    private Pt2File(ArchiveFile archive, String root) {
        this.archive = archive;
        this.root = root;
    }

    static Pt2File open(Path path, LoadOptions options) throws IOException {
        ArchiveFile archive = ArchiveFile.open(path, options.reading());
        try {
            return new Pt2File(archive, root(archive));
        } catch (IOException | RuntimeException | Error e) {
            archive.close();
            throw e;
        }
    }

    /** Returns the name of the folder that everything is in, with a slash. */
    private static String root(ArchiveFile archive) throws IOException {
        if (archive.has("serialized_exported_program.json"))
            throw archive
                    .malformed("it is a program that torch 2.7 or earlier saved; load it there and save it again with torch 2.8 or later");
        String marker = archive.names().stream().filter(n -> n.equals("archive_format") || n.endsWith("/archive_format")).findFirst()
                .orElseThrow(() -> archive.malformed("it is not an archive of torch.export.save: it has no archive_format"));
        String root = marker.substring(0, marker.length() - "archive_format".length());
        String format = text(archive, marker);
        if (!format.equals("pt2")) throw archive.malformed("its archive_format is '" + format + "', not 'pt2'");
        if (archive.has(root + "byteorder") && !text(archive, root + "byteorder").equals("little"))
            throw archive.malformed("it was saved on a big-endian machine");
        return root;
    }

    private static String text(ArchiveFile archive, String name) throws IOException {
        return new String(archive.bytes(name, 1000), StandardCharsets.UTF_8).strip();
    }

    /** Returns the names of the programs. */
    List<String> models() {
        String folder = root + "models/";
        return archive.names().stream().filter(n -> n.startsWith(folder) && n.endsWith(".json"))
                .map(n -> n.substring(folder.length(), n.length() - ".json".length())).toList();
    }

    /** Returns the name of the program that the options mean. */
    String model(LoadOptions options) throws IOException {
        List<String> models = models();
        if (models.isEmpty())
            throw archive.malformed("it has no program" + (archive.names().stream().anyMatch(n -> n.contains("/aotinductor/"))
                    ? ", only code compiled by AOTInductor" : ""));
        String asked = options.model();
        if (asked == null && models.size() == 1) return models.getFirst();
        if (asked == null) throw archive.malformed("it has the programs " + models + "; tell which by LoadOptions.model");
        if (!models.contains(asked)) throw archive.malformed("it has no program '" + asked + "', but " + models);
        return asked;
    }

    ProgramText program(String model) throws IOException {
        return ProgramReader.read(archive.bytes(root + "models/" + model + ".json", LONGEST_TEXT), "models/" + model + ".json",
                archive::malformed);
    }

    /** Reads the tensors of a program, which then belong to the caller. */
    Map<String, Payloads.Payload> payloads(String model, LoadOptions options) throws IOException {
        return Payloads.read(archive, root, model, options);
    }

    /** Describes the tensors of a program without reading them. */
    Map<String, ProgramSummary.SavedTensor> tensors(String model) throws IOException {
        return Payloads.describe(archive, root, model);
    }

    /** Returns the extra files by their names. */
    Map<String, byte[]> extraFiles() throws IOException {
        String folder = root + "extra/";
        var files = new LinkedHashMap<String, byte[]>();
        for (String name : archive.names())
            if (name.startsWith(folder)) files.put(name.substring(folder.length()), archive.bytes(name, LONGEST_TEXT));
        return files;
    }

    IOException malformed(String what) { return archive.malformed(what); }

    void requireUnchanged() throws IOException { archive.requireUnchanged(); }

    @Override public void close() throws IOException { archive.close(); }
}
