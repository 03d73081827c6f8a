package panatorch.distributed.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import panatorch.distributed.DistributedException;
import panatorch.distributed.ProcessGroup;
import panatorch.serialize.AtomicFile;
import panatorch.serialize.MalformedFileException;
import panatorch.serialize.Safetensors;

/**
 * Checkpoints that all ranks of a group write at once, each its own part, and that any number of ranks, or one process, can read:
 * {@code torch.distributed.checkpoint}, in files of another format.
 *
 * <pre>{@code
 * ShardedCheckpoint.save(folder, group, Map.of("model", model.stateDict(), "epoch", 3L));   // all ranks
 * Map<String, Object> state = ShardedCheckpoint.load(folder);                               // each that needs it
 * }</pre>
 *
 * <p>
 * A state consists of maps, lists, tensors, {@linkplain Piece pieces} of tensors, numbers, booleans, texts and nulls, as state dicts do.
 * Whole numbers are read as {@code Long}, others as {@code Double}. A tensor is on all ranks, and one of them writes it. A piece is written
 * by its rank. The states of the ranks are put together: a map has the entries of all ranks, and of plain values those of the lowest rank
 * count.
 *
 * <p>
 * In the folder, each rank has a safetensors file, and {@value #INDEX} says where each piece lies, with checksums. The index is written
 * last and replaced in one step, so a save that is interrupted leaves the checkpoint before it. The files of that one are deleted only
 * after a save. All ranks need the same folder, as on a shared disk.
 */
public final class ShardedCheckpoint {
    /** The name of the file that lists the others. */
    public static final String INDEX = "checkpoint.json";

    static final String FORMAT = "panatorch.distributed.checkpoint";
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String FAILED = "!";

    private ShardedCheckpoint() {}

    /**
     * Writes a state. All ranks call this method, and return once the checkpoint is complete and on the disk.
     *
     * @param folder the folder, which is created; a checkpoint in it is replaced
     * @param state what this rank has
     * @throws IOException on every rank if one of them cannot write; the checkpoint that was there remains
     * @throws IllegalArgumentException on every rank if the pieces of a tensor do not make it as a whole, or a value has another type
     * @throws DistributedException if a rank is missing
     */
    public static void save(Path folder, ProcessGroup group, Map<String, ?> state) throws IOException, InterruptedException {
        // A number of its own keeps the files of the checkpoint before apart.
        String number = group.allGather(Long.toHexString(ThreadLocalRandom.current().nextLong())).getFirst();
        String name = String.format(Locale.ROOT, "rank-%05d-of-%05d-%s.safetensors", group.rank(), group.ranks(), number);
        Path file = folder.resolve(name);
        String message;
        try {
            message = write(folder, file, group, state);
        } catch (IOException | IllegalArgumentException e) {
            message = FAILED + (e instanceof IOException ? "I" : "A") + e.getMessage();
        }
        List<String> all = group.allGather(message);
        String outcome = "";
        try {
            requireNoFailure(folder, all);
            JsonNode index = index(all);
            if (group.rank() == 0) AtomicFile.write(folder.resolve(INDEX), JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(index));
        } catch (IOException | IllegalArgumentException e) {
            deleteQuietly(file);
            if (group.rank() > 0 || isFailure(all) || e instanceof IllegalArgumentException) throw e;
            outcome = FAILED + "I" + e.getMessage();
        }
        requireNoFailure(folder, group.allGather(outcome));
        if (group.rank() == 0) deleteOthers(folder, number);
    }

    private static String write(Path folder, Path file, ProcessGroup group, Map<String, ?> state) throws IOException {
        var tree = new Tree(group.rank(), group.ranks(), String.valueOf(file.getFileName()));
        ObjectNode message = JSON.createObjectNode();
        message.set("state", tree.of(state, List.of()));
        Files.createDirectories(folder);
        if (!tree.own.isEmpty()) {
            Safetensors.save(file, tree.own, Map.of("format", "pt"));
            message.put("file", String.valueOf(file.getFileName())).put("bytes", Files.size(file));
        }
        return message.toString();
    }

    private static boolean isFailure(List<String> all) {
        return all.stream().anyMatch(text -> text.startsWith(FAILED));
    }

    private static void requireNoFailure(Path folder, List<String> all) throws IOException {
        for (int r = 0; r < all.size(); r++) {
            String text = all.get(r);
            if (text.startsWith(FAILED + "A")) throw new IllegalArgumentException(text.substring(2));
            if (text.startsWith(FAILED))
                throw new IOException("rank " + r + " could not write its part of " + folder + ": "
                        + text.substring(2));
        }
    }

    private static ObjectNode index(List<String> messages) throws JsonProcessingException {
        ObjectNode index = JSON.createObjectNode().put("format", FORMAT).put("version", 1).put("ranks", messages.size());
        ObjectNode files = index.putObject("files");
        JsonNode state = null;
        for (String text : messages) {
            JsonNode message = JSON.readTree(text);
            if (message.has("file")) files.put(message.get("file").asText(), message.get("bytes").asLong());
            if (state == null) state = message.get("state");
            else Tree.merge(state, message.get("state"), "");
        }
        Tree.requireWhole(Objects.requireNonNull(state), "");
        return index.set("state", state);
    }

    /** Deletes a file after a failure, which is more important than one here. */
    private static void deleteQuietly(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // The next save deletes it.
        }
    }

    private static void deleteOthers(Path folder, String number) throws IOException {
        try (var files = Files.newDirectoryStream(folder, "rank-*-of-*.safetensors")) {
            for (Path f : files) if (!f.getFileName().toString().endsWith("-" + number + ".safetensors")) Files.deleteIfExists(f);
        }
    }

    // ---- reading

    /** Returns the state of a checkpoint, with all tensors as a whole; see {@link #load(Path, Cut)}. */
    public static Map<String, Object> load(Path folder) throws IOException {
        return load(folder, Cut.WHOLE);
    }

    /**
     * Returns the state of a checkpoint, with the parts of the tensors that are asked for. Each rank may ask for other parts, and no rank
     * waits for another. Tensors are on the CPU, in memory of their own, and belong to the current scope.
     *
     * @param cut says which part of each tensor is read
     * @throws MalformedFileException if a file is missing or damaged; the message names it
     * @throws IllegalArgumentException if a part does not lie in its tensor
     */
    public static Map<String, Object> load(Path folder, Cut cut) throws IOException {
        Path file = folder.resolve(INDEX);
        if (!Files.isRegularFile(file))
            throw new MalformedFileException(folder, "it holds no checkpoint: there is no " + INDEX
                    + ", which a save writes when everything else is complete");
        JsonNode index;
        try {
            index = JSON.readTree(Files.readAllBytes(file));
        } catch (JsonProcessingException e) {
            throw new MalformedFileException(file, "it is damaged, and no JSON: " + e.getOriginalMessage());
        }
        if (!index.path("format").asText().equals(FORMAT) || !index.path("state").isObject() || !index.path("files").isObject())
            throw new MalformedFileException(file, "it is not the index of a sharded checkpoint");
        if (index.path("version").asInt() != 1)
            throw new MalformedFileException(file, "its version is " + index.path("version") + ", and version 1 is read");
        try (var reader = new StateReader(folder, file, index.get("files"), cut)) {
            return reader.read(index.get("state"));
        } catch (NumberFormatException e) {
            throw new MalformedFileException(file, "it is damaged: " + e.getMessage());
        }
    }
}
