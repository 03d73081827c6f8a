package panatorch.datasets;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import panatorch.DType;
import panatorch.internal.files.FileNames;

/**
 * CelebA: 202,599 aligned photographs of faces with 40 attributes (Liu et al. 2015, arXiv:1411.7766), or another folder in its layout. The
 * fields are {@code images} uint8 {@code [3, H, W]}, and those of the targets:
 *
 * <table>
 * <caption>Targets, all int64</caption>
 * <tr>
 * <td>{@link Target#ATTRIBUTES}</td>
 * <td>{@code attributes} [40], 0 or 1</td>
 * <td>{@code list_attr_celeba.txt}</td>
 * </tr>
 * <tr>
 * <td>{@link Target#IDENTITY}</td>
 * <td>{@code identities} [1], numbers from 1</td>
 * <td>{@code identity_CelebA.txt}</td>
 * </tr>
 * <tr>
 * <td>{@link Target#BOX}</td>
 * <td>{@code boxes} [4]: x, y, width, height in the photograph before alignment</td>
 * <td>{@code list_bbox_celeba.txt}</td>
 * </tr>
 * <tr>
 * <td>{@link Target#LANDMARKS}</td>
 * <td>{@code landmarks} [10]: x and y of eyes, nose and mouth</td>
 * <td>{@code list_landmarks_align_celeba.txt}</td>
 * </tr>
 * </table>
 *
 * <p>
 * The lists are checked when the dataset is opened; images are decoded and framed when they are read. Boxes and landmarks are not moved by
 * the framing.
 */
public final class CelebA implements Dataset {
    /** A part of the images; {@code list_eval_partition.txt} tells which image belongs to which. */
    public enum Part {
        TRAIN,
        VALID,
        TEST,
        ALL
    }

    /** What is known about an image. */
    public enum Target {
        ATTRIBUTES("attributes", "list_attr_celeba.txt", true),
        IDENTITY("identities", "identity_CelebA.txt", false),
        BOX("boxes", "list_bbox_celeba.txt", true),
        LANDMARKS("landmarks", "list_landmarks_align_celeba.txt", true);

        private final String field, file;
        private final boolean header;

        Target(String field, String file, boolean header) {
            this.field = field;
            this.file = file;
            this.header = header;
        }
    }

    private final List<Path> files = new ArrayList<>();
    private final List<Target> kinds;
    private final List<NumberTable> targets = new ArrayList<>();
    private final List<Integer> rows = new ArrayList<>();
    private final Releasable<Framing> framing;
    private final Schema schema;
    private final List<String> attributes;

    private CelebA(Path folder, Part part, Framing framing, Target... targets) {
        this.framing = new Releasable<>(framing);
        kinds = List.of(targets);
        var fields = new ArrayList<>(List.of(Field.images(3, framing.height(), framing.width())));
        NumberTable parts = NumberTable.read(folder.resolve("list_eval_partition.txt"), false);
        for (Target target : targets) {
            NumberTable table = NumberTable.read(folder.resolve(target.file), target.header);
            if (!table.names().equals(parts.names()))
                throw new DatasetException("the files " + folder.resolve(target.file) + " and " + folder.resolve("list_eval_partition.txt")
                        + " do not list the same images");
            this.targets.add(table);
            fields.add(Field.of(target.field, DType.INT64, table.columns()));
        }
        for (int i = 0; i < parts.names().size(); i++) {
            if (part != Part.ALL && parts.get(i, 0) != part.ordinal()) continue;
            rows.add(i);
            files.add(FileNames.resolve(folder.resolve("img_align_celeba"), parts.names().get(i)));
        }
        int at = kinds.indexOf(Target.ATTRIBUTES);
        attributes = at < 0 ? List.of() : this.targets.get(at).header();
        schema = new Schema(fields, List.of(), ChannelStats.IMAGENET);
    }

    /**
     * Opens a part of the images.
     *
     * @param data the folder that holds the lists and {@code img_align_celeba}, or a folder in which {@code celeba} is that folder
     * @param targets what to read of each image; the attributes if none is given
     * @throws DatasetException if a list is missing or damaged, or lists do not belong together
     */
    public static CelebA of(Path data, Part part, Framing framing, Target... targets) {
        return new CelebA(Mnist.folder(data, "celeba"), part, framing, targets.length == 0 ? new Target[] {Target.ATTRIBUTES} : targets);
    }

    /** Returns the names of the attributes, such as {@code Eyeglasses}; empty if attributes are not read. */
    public List<String> attributeNames() {
        return attributes;
    }

    @Override public int size() { return files.size(); }

    @Override public Schema schema() { return schema; }

    @Override public void read(int index, Item item) {
        Images.frame(ImageFolder.decode(files.get(index)), framing.get(), item.random(), item.field(0));
        for (int t = 0; t < targets.size(); t++) {
            NumberTable table = targets.get(t);
            boolean signs = kinds.get(t) == Target.ATTRIBUTES; // −1 or 1
            for (int c = 0; c < table.columns(); c++) {
                long value = table.get(rows.get(index), c);
                item.field(t + 1).setAtIndex(ValueLayout.JAVA_LONG, c, signs ? Math.floorDiv(value + 1, 2) : value);
            }
        }
    }

    @Override public String name(int index) { return FileNames.text(files.get(index)); }

    @Override public void close() { framing.close(); }

    /**
     * A text file of whole numbers in columns with a name in front of each row.
     *
     * @param header names of the columns; empty if the file has none
     * @param values the numbers, row by row
     */
    private record NumberTable(List<String> header, List<String> names, int columns, int[] values) {
        /**
         * Reads a file.
         *
         * @param headed whether the file begins with the number of rows and a line with the names of the columns
         */
        static NumberTable read(Path path, boolean headed) {
            List<String> lines;
            try {
                lines = Files.readAllLines(path);
            } catch (IOException e) {
                throw new DatasetException("the list " + path + " cannot be read: " + e, e);
            }
            int first = headed ? 2 : 0;
            if (lines.size() <= first)
                throw new DatasetException("the list " + path + " has " + lines.size() + " lines; there are no images in it");
            List<String> header = headed ? List.of(lines.get(1).strip().split("\\s+")) : List.of();
            var names = new ArrayList<String>();
            int columns = lines.get(first).strip().split("\\s+").length - 1;
            var values = new int[Math.multiplyExact(lines.size() - first, columns)];
            for (int l = first, at = 0; l < lines.size(); l++) {
                String[] cells = lines.get(l).strip().split("\\s+");
                if (cells.length != columns + 1 || columns < 1)
                    throw new DatasetException("line " + (l + 1) + " of the list " + path + " has " + cells.length + " columns; "
                            + (columns < 1 ? "a name and numbers were" : columns + 1 + " were") + " expected");
                names.add(cells[0]);
                for (int c = 0; c < columns; c++) values[at++] = number(path, l, cells[c + 1]);
            }
            return new NumberTable(header, names, columns, values);
        }

        private static int number(Path path, int line, String cell) {
            try {
                return Integer.parseInt(cell);
            } catch (NumberFormatException e) {
                throw new DatasetException(
                        "line " + (line + 1) + " of the list " + path + " holds \"" + cell + "\"; a whole number was expected", e);
            }
        }

        int get(int row, int column) { return values[row * columns + column]; }
    }
}
