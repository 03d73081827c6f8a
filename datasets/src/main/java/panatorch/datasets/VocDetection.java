package panatorch.datasets;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.random.RandomGenerator;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.internal.files.FileNames;

/**
 * Pascal VOC's objects in images (Everingham et al. 2010), or another folder in its layout: {@code ImageSets/Main/train.txt} lists the
 * names, {@code JPEGImages} holds the images and {@code Annotations} an XML file for each.
 *
 * <p>
 * The labels are indices into {@link #CATEGORIES}. Boxes have the numbers of the files, which count pixels from 1, as in torchvision. The
 * details are {@code name} of the image, and for each object {@code difficult} and {@code truncated}, int64 {@code [M]}. The list is read
 * when the dataset is opened, images and annotations when an item is read. Many threads may read at once.
 */
public final class VocDetection implements ItemDataset<Detection> {
    /** The names of the labels; 0 is the background, as in torchvision. */
    public static final List<String> CATEGORIES = List.of("__background__", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car",
            "cat", "chair", "cow", "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train",
            "tvmonitor");

    private static final XMLInputFactory XML = XMLInputFactory.newDefaultFactory();

    static {
        XML.setProperty(XMLInputFactory.SUPPORT_DTD, false); // a file must not make this program read others
        XML.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
    }

    private final Path folder;
    private final List<String> names, categories;

    private VocDetection(Path folder, String set, List<String> categories) {
        this.folder = folder;
        this.categories = List.copyOf(categories);
        Path list = folder.resolve("ImageSets").resolve("Main").resolve(set + ".txt");
        try {
            names = Files.readAllLines(list).stream().map(String::strip).filter(line -> !line.isEmpty()).toList();
        } catch (IOException e) {
            throw new DatasetException("the list " + list + " cannot be read: " + e, e);
        }
    }

    /**
     * Opens the images of a list.
     *
     * @param folder the folder of one year, such as {@code VOCdevkit/VOC2012}
     * @param set name of the list, such as {@code train}, {@code val} or {@code trainval}
     * @throws DatasetException if the list is missing
     */
    public static VocDetection of(Path folder, String set) { return new VocDetection(folder, set, CATEGORIES); }

    /**
     * Opens the images of a list with other categories than those of Pascal VOC.
     *
     * @param categories names of the labels 0, 1, …
     */
    public static VocDetection of(Path folder, String set, List<String> categories) {
        return new VocDetection(folder, set, categories);
    }

    @Override public int size() { return names.size(); }

    @Override public String name(int index) { return "image " + names.get(index) + " of " + folder; }

    @Override public Detection get(int index, RandomGenerator random) {
        String name = names.get(Objects.checkIndex(index, names.size()));
        Path file = FileNames.resolve(folder.resolve("Annotations"), name + ".xml");
        List<Annotated> objects;
        try (InputStream in = Files.newInputStream(file)) {
            objects = objects(XML.createXMLStreamReader(in));
        } catch (IOException e) {
            throw new DatasetException("the annotations " + file + " cannot be read: " + e, e);
        } catch (XMLStreamException | IllegalArgumentException e) {
            throw new DatasetException("the annotations " + file + " are damaged: " + e.getMessage(), e);
        }
        var edges = new float[4 * objects.size()];
        var labels = new long[objects.size()];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = categories.indexOf(objects.get(i).name);
            if (labels[i] < 0)
                throw new DatasetException("object " + i + " of the annotations " + file + " is a \"" + objects.get(i).name
                        + "\", which is not among the categories " + categories);
            for (int e = 0; e < 4; e++) edges[4 * i + e] = objects.get(i).edges[e];
        }
        Tensor image = CocoDetection.image(FileNames.resolve(folder.resolve("JPEGImages"), name + ".jpg"));
        var details = new LinkedHashMap<String, Object>();
        details.put("name", name);
        details.put("difficult", Torch.tensor(objects.stream().mapToLong(o -> o.difficult).toArray()));
        details.put("truncated", Torch.tensor(objects.stream().mapToLong(o -> o.truncated).toArray()));
        return new Detection(image, Detection.boxes(edges), Torch.tensor(labels), null, details);
    }

    /** An object as the file describes it. Parts of objects have names and boxes too, which are skipped. */
    private static final class Annotated {
        String name = "";
        final float[] edges = {Float.NaN, Float.NaN, Float.NaN, Float.NaN};
        long difficult, truncated;
    }

    private static List<Annotated> objects(XMLStreamReader xml) throws XMLStreamException {
        var objects = new ArrayList<Annotated>();
        var path = new ArrayDeque<String>();
        var text = new StringBuilder();
        while (xml.hasNext()) {
            switch (xml.next()) {
                case XMLStreamConstants.START_ELEMENT -> {
                    path.addLast(xml.getLocalName());
                    text.setLength(0);
                    if (String.join("/", path).equals("annotation/object")) objects.add(new Annotated());
                }
                case XMLStreamConstants.CHARACTERS -> text.append(xml.getText());
                case XMLStreamConstants.END_ELEMENT -> {
                    if (!objects.isEmpty()) take(objects.getLast(), String.join("/", path), text.toString().strip());
                    path.removeLast();
                }
                default -> {}
            }
        }
        for (int i = 0; i < objects.size(); i++)
            for (float edge : objects.get(i).edges)
                if (Float.isNaN(edge)) throw new IllegalArgumentException("object " + i + " has no complete bndbox");
        return objects;
    }

    private static void take(Annotated object, String path, String text) {
        switch (path) {
            case "annotation/object/name" -> object.name = text;
            case "annotation/object/difficult" -> object.difficult = Long.parseLong(text);
            case "annotation/object/truncated" -> object.truncated = Long.parseLong(text);
            case "annotation/object/bndbox/xmin" -> object.edges[0] = Float.parseFloat(text);
            case "annotation/object/bndbox/ymin" -> object.edges[1] = Float.parseFloat(text);
            case "annotation/object/bndbox/xmax" -> object.edges[2] = Float.parseFloat(text);
            case "annotation/object/bndbox/ymax" -> object.edges[3] = Float.parseFloat(text);
            default -> {}
        }
    }
}
