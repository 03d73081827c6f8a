package panatorch.datasets;

import java.nio.file.Path;
import java.util.List;

/**
 * CIFAR-100 (Krizhevsky 2009, "Learning Multiple Layers of Features from Tiny Images"): 50,000 training and 10,000 test images, RGB, 32×32,
 * of 100 fine classes in 20 coarse ones. Reads the unpacked <em>binary version</em>, {@code cifar-100-binary.tar.gz}, or the <em>Python
 * version</em>, {@code cifar-100-python.tar.gz}, in the same way as {@link Cifar10}.
 */
public final class Cifar100 implements Dataset {
    /** The kind of label: every image has a coarse and a fine one. */
    public enum Labels {
        /** The 20 superclasses. */
        COARSE("""
            aquatic_mammals fish flowers food_containers fruit_and_vegetables household_electrical_devices household_furniture insects
            large_carnivores large_man-made_outdoor_things large_natural_outdoor_scenes large_omnivores_and_herbivores medium_mammals
            non-insect_invertebrates people reptiles small_mammals trees vehicles_1 vehicles_2"""),
        /** The 100 classes. */
        FINE("""
            apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can castle caterpillar \
            cattle
            chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin elephant flatfish forest fox girl hamster house
            kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle mountain mouse mushroom oak_tree \
            orange orchid
            otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal \
            shark shrew
            skunk skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone television tiger tractor \
            train trout
            tulip turtle wardrobe whale willow_tree wolf woman worm""");

        final List<String> names;

        Labels(String names) { this.names = List.of(names.strip().split("\\s+")); }
    }

    private static final RecordFile.Layout LAYOUT =
            new RecordFile.Layout(3 * 32 * 32, List.of(new RecordFile.Label("coarse_labels", Labels.COARSE.names),
                    new RecordFile.Label("fine_labels", Labels.FINE.names)));
    private static final List<RecordFiles.PublishedVersion> VERSIONS = List.of(
            new RecordFiles.PublishedVersion("cifar-100-binary", "cifar-100-binary.tar.gz", ".bin", null),
            new RecordFiles.PublishedVersion("cifar-100-python", "cifar-100-python.tar.gz", "", "meta"));
    private static final ChannelStats PIXELS = ChannelStats.rgb(0.5071, 0.4865, 0.4409, 0.2673, 0.2564, 0.2762);

    private final RecordFiles files;
    private final Schema schema;

    private Cifar100(Path file, int records, Labels labels) {
        files = new RecordFiles(List.of(file), LAYOUT, records, labels.ordinal());
        schema = Schema.images(3, 32, 32, PIXELS, labels.names);
    }

    /**
     * Opens the training images with fine labels.
     *
     * @param data the folder that holds {@code cifar-100-binary} or {@code cifar-100-python}, or that folder itself
     * @throws DatasetException if a file is missing, is damaged, has a wrong size or a label above the last class
     */
    public static Cifar100 train(Path data) { return train(data, Labels.FINE); }

    /** Opens the training images with fine or coarse labels; see {@link #train(Path)}. */
    public static Cifar100 train(Path data, Labels labels) {
        return new Cifar100(file(data, "train"), 50_000, labels);
    }

    /** Opens the test images with fine labels; see {@link #train(Path)}. */
    public static Cifar100 test(Path data) {
        return test(data, Labels.FINE);
    }

    /** Opens the test images with fine or coarse labels; see {@link #train(Path)}. */
    public static Cifar100 test(Path data, Labels labels) {
        return new Cifar100(file(data, "test"), 10_000, labels);
    }

    /** The images of one file of either version, which may be a part of the whole: any number of whole records. */
    public static Cifar100 of(Path file, Labels labels) {
        return new Cifar100(file, 0, labels);
    }

    private static Path file(Path data, String name) {
        return RecordFiles.find(data, VERSIONS, List.of("train", "test"), List.of(name), LAYOUT).getFirst();
    }

    @Override public int size() { return files.size(); }

    @Override public Schema schema() { return schema; }

    @Override public void read(int index, Item item) { files.read(index, item); }

    @Override public int label(int index) { return files.label(index); }

    @Override public String name(int index) { return files.name(index); }

    @Override public void close() { files.close(); }
}
