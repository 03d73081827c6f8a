package panatorch.datasets;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * A dataset that is drawn, not downloaded: RGB images {@code [3, 32, 32]} of ten shapes and textures with random colours, places, sizes and
 * rotations, over cluttered and noisy backgrounds, part of them in low contrast. Colour tells nothing about the class. The seed alone
 * decides the images, which are the same on every machine, byte for byte. They lie in the Java heap; closing the dataset frees them.
 *
 * <p>
 * The classes take turns, so any leading part of a dataset is balanced.
 */
public final class Synthetic implements Dataset {
    /** The sizes of {@link #train()} and {@link #test()}. */
    public static final int TRAIN_SIZE = 5000, TEST_SIZE = 1000;

    private static final int BYTES = 3 * Scene.PIXELS;
    private static final SyntheticFigure[] FIGURES = SyntheticFigure.values();
    private static final List<String> NAMES = Arrays.stream(FIGURES).map(f -> f.name().toLowerCase(Locale.ROOT).replace('_', ' ')).toList();

    private static final Schema SCHEMA = Schema.images(3, Scene.SIDE, Scene.SIDE, ChannelStats.rgb(0.5, 0.5, 0.5, 0.21, 0.21, 0.21), NAMES);

    private final int size;
    private final Releasable<byte[]> images;

    private Synthetic(int size, long seed, long part) {
        if (size < 0 || size > Integer.MAX_VALUE / BYTES)
            throw new IllegalArgumentException(
                    "size must lie between 0 and " + Integer.MAX_VALUE / BYTES + ", but is " + size);
        this.size = size;
        var images = new byte[size * BYTES];
        // Each image has its own seed, so the number and order of the threads do not matter.
        IntStream.range(0, size).parallel().forEach(i -> Scene.draw(FIGURES[label(i)], SplitMix.seed(seed, part, i), images, i * BYTES));
        this.images = new Releasable<>(images);
    }

    /** Draws the usual training set: {@link #TRAIN_SIZE} images with seed 0. */
    public static Synthetic train() {
        return train(TRAIN_SIZE, 0);
    }

    /** Draws the usual test set: {@link #TEST_SIZE} images with seed 0, none of which is in a training set. */
    public static Synthetic test() {
        return test(TEST_SIZE, 0);
    }

    public static Synthetic train(int size, long seed) { return new Synthetic(size, seed, 0); }

    public static Synthetic test(int size, long seed) { return new Synthetic(size, seed, 1); }

    @Override public int size() { return size; }

    @Override public Schema schema() { return SCHEMA; }

    @Override public void read(int index, Item item) {
        Objects.checkIndex(index, size);
        MemorySegment.copy(images.get(), index * BYTES, item.field(0), ValueLayout.JAVA_BYTE, 0, BYTES);
        item.set(1, label(index));
    }

    @Override public int label(int index) { return Objects.checkIndex(index, size) % FIGURES.length; }

    @Override public void close() { images.close(); }
}
