package panatorch.datasets;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.random.RandomGenerator;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.internal.files.FileNames;

/**
 * COCO's objects in images (Lin et al. 2014, arXiv:1405.0312): a folder of images and a file of annotations, such as
 * {@code instances_val2017.json}. The images come in the order of their numbers, with those that show no objects, as in torchvision.
 *
 * <pre>{@code
 * var coco = CocoDetection.of(Path.of("val2017"), Path.of("annotations/instances_val2017.json"));
 * var loader = DataLoader.of(coco, 2, Detection.lists()).shuffle().workers(4).build();
 * }</pre>
 *
 * <p>
 * The labels are COCO's numbers of categories, which have gaps; {@link #categories} names them. The details are {@code image_id}, a
 * {@code Long}, and for each object {@code ids} and {@code iscrowd}, int64 {@code [M]}, and {@code area}, float32 {@code [M]}. Outlines
 * ({@code segmentation}), key points and captions are not read. The annotations are read when the dataset is opened and stay in the Java
 * heap, images when an item is read. Many threads may read at once.
 */
public final class CocoDetection implements ItemDataset<Detection> {
    private final Path folder;
    private final CocoFile annotations;
    private final List<Map.Entry<Long, CocoFile.Image>> images;

    private CocoDetection(Path folder, CocoFile annotations) {
        this.folder = folder;
        this.annotations = annotations;
        images = List.copyOf(annotations.images().entrySet());
    }

    /**
     * Opens the images that a file of annotations lists.
     *
     * @param images folder of the images
     * @param annotations the JSON file
     * @throws DatasetException if the file is missing or damaged
     */
    public static CocoDetection of(Path images, Path annotations) { return new CocoDetection(images, CocoFile.read(annotations)); }

    /** Returns the names of the categories by label. */
    public SortedMap<Long, String> categories() { return annotations.categories(); }

    @Override public int size() { return images.size(); }

    @Override public String name(int index) { return "image " + images.get(index).getKey() + ", " + images.get(index).getValue().file(); }

    @Override public Detection get(int index, RandomGenerator random) {
        var entry = images.get(Objects.checkIndex(index, images.size()));
        Tensor image = image(FileNames.resolve(folder, entry.getValue().file()));
        List<CocoFile.Annotation> objects = entry.getValue().objects();
        var edges = new float[4 * objects.size()];
        var areas = new float[objects.size()];
        for (int i = 0; i < areas.length; i++) {
            float[] box = objects.get(i).box();
            edges[4 * i] = box[0];
            edges[4 * i + 1] = box[1];
            edges[4 * i + 2] = box[0] + box[2];
            edges[4 * i + 3] = box[1] + box[3];
            areas[i] = objects.get(i).area();
        }
        var details = new LinkedHashMap<String, Object>();
        details.put("image_id", entry.getKey());
        details.put("ids", Torch.tensor(objects.stream().mapToLong(CocoFile.Annotation::id).toArray()));
        details.put("area", Torch.tensor(areas));
        details.put("iscrowd", Torch.tensor(objects.stream().mapToLong(o -> o.crowd() ? 1 : 0).toArray()));
        return new Detection(image, Detection.boxes(edges),
                Torch.tensor(objects.stream().mapToLong(CocoFile.Annotation::category).toArray()), null, details);
    }

    /** Reads an image; errors name the file. */
    static Tensor image(Path file) {
        try {
            return Images.read(file);
        } catch (IOException e) {
            throw new DatasetException(String.valueOf(e.getMessage()), e);
        }
    }
}
