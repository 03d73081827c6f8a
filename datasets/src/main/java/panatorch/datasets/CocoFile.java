package panatorch.datasets;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The content of a COCO annotation file that detection needs. It is read as a stream, since a file of half a gigabyte consists of outlines
 * for the most part, which are skipped.
 *
 * @param images the images by number
 * @param categories names of the categories by number
 */
record CocoFile(SortedMap<Long, Image> images, SortedMap<Long, String> categories) {
    /** An image and its objects. */
    record Image(String file, List<Annotation> objects) {}

    /**
     * An object.
     *
     * @param box left edge, top edge, width and height in pixels
     */
    record Annotation(long id, long category, float[] box, float area, boolean crowd) {}

    private static final JsonFactory JSON = new JsonFactory();

    static CocoFile read(Path file) {
        var reader = new Reader();
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16); JsonParser json = JSON.createParser(in)) {
            return reader.read(json);
        } catch (IOException e) {
            String at = e instanceof JacksonException ? "are damaged: " + e.getMessage() : "cannot be read: " + e;
            throw new DatasetException("the annotations " + file + " " + at, e);
        } catch (IllegalArgumentException e) {
            throw new DatasetException("the annotations " + file + " are damaged: " + e.getMessage(), e);
        }
    }

    private static final class Reader {
        private final SortedMap<Long, Image> images = new TreeMap<>();
        private final SortedMap<Long, String> categories = new TreeMap<>();
        private final List<Annotation> annotations = new ArrayList<>();
        private final List<Long> imageOf = new ArrayList<>();

        CocoFile read(JsonParser json) throws IOException {
            expect(json, json.nextToken(), JsonToken.START_OBJECT, "the document");
            for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
                JsonToken token = json.nextToken();
                switch (name) {
                    case "images", "annotations", "categories" -> {
                        expect(json, token, JsonToken.START_ARRAY, name);
                        for (int i = 0; json.nextToken() != JsonToken.END_ARRAY; i++) {
                            expect(json, json.currentToken(), JsonToken.START_OBJECT, name + "[" + i + "]");
                            take(json, name, i);
                        }
                    }
                    default -> json.skipChildren();
                }
            }
            for (int a = 0; a < annotations.size(); a++) {
                Image image = images.get(imageOf.get(a));
                if (image == null)
                    throw new IllegalArgumentException(
                            "annotations[" + a + "] belongs to image " + imageOf.get(a) + ", which is not listed");
                image.objects.add(annotations.get(a));
            }
            return new CocoFile(images, categories);
        }

        private static void expect(JsonParser json, JsonToken token, JsonToken expected, String where) throws IOException {
            if (token != expected)
                throw new IllegalArgumentException(where + (expected == JsonToken.START_OBJECT ? " must be an object" : " must be a list")
                        + ", but begins with " + (token == null ? "nothing" : "\"" + json.getText() + "\""));
        }

        private void take(JsonParser json, String list, int index) throws IOException {
            @Nullable Long id = null, image = null, category = null;
            @Nullable String file = null, title = null;
            float @Nullable [] box = null;
            float area = 0;
            boolean crowd = false;
            for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
                json.nextToken();
                switch (name) {
                    case "id" -> id = json.getLongValue();
                    case "image_id" -> image = json.getLongValue();
                    case "category_id" -> category = json.getLongValue();
                    case "file_name" -> file = json.getText();
                    case "name" -> title = json.getText();
                    case "area" -> area = json.getFloatValue();
                    case "iscrowd" -> crowd = json.getLongValue() != 0;
                    case "bbox" -> box = box(json, list + "[" + index + "].bbox");
                    default -> json.skipChildren();
                }
            }
            String where = list + "[" + index + "]";
            switch (list) {
                case "images" -> images.put(present(id, where, "id"), new Image(present(file, where, "file_name"), new ArrayList<>()));
                case "categories" -> categories.put(present(id, where, "id"), present(title, where, "name"));
                default -> {
                    annotations.add(new Annotation(present(id, where, "id"), present(category, where, "category_id"),
                            present(box, where, "bbox"), area, crowd));
                    imageOf.add(present(image, where, "image_id"));
                }
            }
        }

        private static <T> T present(@Nullable T value, String where, String name) {
            if (value == null) throw new IllegalArgumentException(where + " has no " + name);
            return value;
        }

        private static float[] box(JsonParser json, String where) throws IOException {
            expect(json, json.currentToken(), JsonToken.START_ARRAY, where);
            var numbers = new float[4];
            int n = 0;
            for (; json.nextToken() != JsonToken.END_ARRAY; n++) {
                if (n < 4) numbers[n] = json.getFloatValue();
            }
            if (n != 4) throw new IllegalArgumentException(where + " has " + n + " numbers; left, top, width and height were expected");
            return numbers;
        }
    }
}
