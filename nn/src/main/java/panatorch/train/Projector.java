package panatorch.train;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * The files that TensorBoard's projector shows: vectors and labels as tables, pictures in one sprite, and {@code projector_config.pbtxt},
 * which names them. They have the places that Python's writer gives them.
 */
final class Projector {
    private static final int MOST_PIXELS = 8192; // what TensorBoard accepts as the width or height of a sprite
    private static final String CONFIG = "projector_config.pbtxt";

    private Projector() {}

    static void write(Path run, String tag, long step, Tensor vectors, Map<String, List<String>> labels, @Nullable Tensor images)
            throws IOException {
        if (vectors.dim() != 2 || vectors.numel() == 0)
            throw new IllegalArgumentException("vectors must be [N, D] with at least one element, not " + vectors.describe());
        long n = vectors.size(0);
        labels.forEach((name, column) -> check(name, column, n));
        if (images != null) check(images, n);
        String number = String.format(Locale.ROOT, "%05d", step), name = tag + ":" + number;
        String place = number + "/" + tag.replace("%", "%25").replace("/", "%2f").replace("\\", "%5c");
        Path folder = Files.createDirectories(run.resolve(place));
        var entry = new StringBuilder("embeddings {\n  tensor_name: " + quoted(name) + "\n");
        if (!labels.isEmpty()) {
            Files.write(folder.resolve("metadata.tsv"), table(labels, (int) n));
            entry.append("  metadata_path: ").append(quoted(place + "/metadata.tsv")).append('\n');
        }
        if (images != null) {
            sprite(folder.resolve("sprite.png"), images);
            entry.append("  sprite {\n    image_path: ").append(quoted(place + "/sprite.png")).append("\n    single_image_dim: ")
                    .append(images.size(3)).append("\n    single_image_dim: ").append(images.size(2)).append("\n  }\n");
        }
        Files.write(folder.resolve("tensors.tsv"), rows(vectors));
        entry.append("  tensor_path: ").append(quoted(place + "/tensors.tsv")).append("\n}\n");
        configure(run, name, entry.toString());
    }

    private static void check(String name, List<String> column, long n) {
        if (column.size() != n)
            throw new IllegalArgumentException("the labels '" + name + "' are " + column.size() + ", but there are " + n + " vectors");
        for (String label : column)
            if (label.chars().anyMatch(c -> c == '\t' || c == '\n' || c == '\r'))
                throw new IllegalArgumentException("a label must not contain a tab or a line break: '" + label + "'");
    }

    private static void check(Tensor images, long n) {
        if (images.dim() != 4 || images.size(0) != n || images.size(1) != 3)
            throw new IllegalArgumentException("images must be [N, 3, H, W] with N = " + n + ", not " + images.describe());
        long side = (long) Math.ceil(Math.sqrt(n)), longest = side * Math.max(images.size(2), images.size(3));
        if (longest > MOST_PIXELS)
            throw new IllegalArgumentException("the sprite of " + n + " images would have " + longest + " pixels a side; TensorBoard takes "
                    + MOST_PIXELS + ". Make the images smaller or fewer");
    }

    /** Returns the lines of a table, with its header if there are several columns, as TensorBoard expects it. */
    private static List<String> table(Map<String, List<String>> columns, int n) {
        var lines = new ArrayList<String>();
        if (columns.size() > 1) lines.add(String.join("\t", columns.keySet()));
        for (int i = 0; i < n; i++) {
            int row = i;
            lines.add(columns.values().stream().map(c -> c.get(row)).collect(Collectors.joining("\t")));
        }
        return lines;
    }

    private static List<String> rows(Tensor vectors) {
        int n = (int) vectors.size(0), d = (int) vectors.size(1);
        float[] all;
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            all = vectors.toFloatArray();
        }
        var lines = new ArrayList<String>();
        for (int i = 0; i < n; i++) {
            var line = new StringBuilder();
            for (int k = 0; k < d; k++) line.append(k == 0 ? "" : "\t").append(all[i * d + k]);
            lines.add(line.toString());
        }
        return lines;
    }

    /** Writes the images row by row into a square of squares. */
    private static void sprite(Path file, Tensor images) throws IOException {
        int n = (int) images.size(0), h = (int) images.size(2), w = (int) images.size(3), side = (int) Math.ceil(Math.sqrt(n));
        byte[] rgb;
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor bytes = images.dtype() == DType.UINT8 ? images : images.to(DType.FLOAT32).clamp(0, 1).mul(255).to(DType.UINT8);
            rgb = bytes.permute(0, 2, 3, 1).toByteArray();
        }
        var all = new BufferedImage(side * w, side * h, BufferedImage.TYPE_INT_RGB);
        for (int i = 0, at = 0; i < n; i++)
            for (int y = 0; y < h; y++)
                for (int x = 0; x < w; x++, at += 3)
                    all.setRGB(i % side * w + x, i / side * h + y,
                            (rgb[at] & 0xff) << 16 | (rgb[at + 1] & 0xff) << 8 | rgb[at + 2] & 0xff);
        ImageIO.write(all, "png", file.toFile());
    }

    /** Adds an entry to the configuration of the run, or replaces that of the same name. */
    private static void configure(Path run, String name, String entry) throws IOException {
        Path config = run.resolve(CONFIG), fresh = run.resolve(CONFIG + ".new");
        String before = Files.exists(config) ? Files.readString(config) : "";
        String others = Arrays.stream(before.split("(?m)^(?=embeddings \\{$)"))
                .filter(e -> !e.startsWith("embeddings {\n  tensor_name: " + quoted(name) + "\n")).collect(Collectors.joining());
        Files.writeString(fresh, others + entry);
        Files.move(fresh, config, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Returns a string as text of protocol buffers has it. */
    private static String quoted(String s) {
        return '"' + s.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
    }
}
