package panatorch.datasets;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Objects;

/** Grey images of 28×28 pixels in the Java heap, as MNIST and the datasets in its format have them. */
final class IdxImages implements Dataset {
    private static final int SIDE = 28;

    private final Schema schema;
    private final Path file;
    private final Releasable<byte[]> images;
    private final Idx labels;
    private final int first, size;

    IdxImages(Idx images, Idx labels, Schema schema) { this(images, labels, schema, 0, Integer.MAX_VALUE); }

    /**
     * Makes a dataset of a part of the files.
     *
     * @param first index of the first image
     * @param end index after the last image, or more
     */
    IdxImages(Idx images, Idx labels, Schema schema, int first, int end) {
        this.schema = schema;
        this.labels = labels;
        file = images.path();
        this.images = new Releasable<>(images.values());
        if (images.shape()[1] != SIDE || images.shape()[2] != SIDE)
            throw new DatasetException(
                    "the file " + images.path() + " has images of " + images.shape()[1] + " by " + images.shape()[2]
                            + " pixels; 28 by 28 were expected");
        if (images.shape()[0] != labels.shape()[0])
            throw new DatasetException(
                    "the file " + images.path() + " has " + images.shape()[0] + " images, but " + labels.path() + " has "
                            + labels.shape()[0] + " labels");
        if (images.shape()[0] < first)
            throw new DatasetException("the file " + images.path() + " has " + images.shape()[0] + " images; more than " + first
                    + " were expected");
        for (int i = 0; i < labels.shape()[0]; i++)
            if (Byte.toUnsignedInt(labels.values()[i]) >= classes())
                throw new DatasetException("label " + i + " of the file " + labels.path() + " is " + Byte.toUnsignedInt(labels.values()[i])
                        + "; labels from 0 to " + (classes() - 1) + " were expected");
        this.first = first;
        size = Math.min(end, images.shape()[0]) - first;
    }

    @Override public int size() { return size; }

    @Override public Schema schema() { return schema; }

    @Override public void read(int index, Item item) {
        int at = first + Objects.checkIndex(index, size);
        MemorySegment.copy(images.get(), at * SIDE * SIDE, item.field(0), ValueLayout.JAVA_BYTE, 0, SIDE * SIDE);
        item.set(1, label(index));
    }

    @Override public int label(int index) { return Byte.toUnsignedInt(labels.values()[first + Objects.checkIndex(index, size)]); }

    @Override public String name(int index) { return "image " + (first + index) + " of " + file; }

    @Override public void close() { images.close(); }
}
