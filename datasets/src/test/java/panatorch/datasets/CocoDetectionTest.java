package panatorch.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class CocoDetectionTest {
    private static final String INSTANCES = """
        {"info": {"year": 2017}, "licenses": [], "images": [
          {"id": 139, "file_name": "b.ppm", "height": 2, "width": 3},
          {"id": 37, "file_name": "a.ppm", "height": 1, "width": 2, "coco_url": "http://x"},
          {"id": 285, "file_name": "b.ppm", "height": 2, "width": 3}],
         "annotations": [
          {"id": 9, "image_id": 139, "category_id": 90, "bbox": [1.5, 0.25, 1, 1.5], "area": 1.25, "iscrowd": 0,
           "segmentation": [[1.5, 0.25, 2.5, 0.25, 2.5, 1.75]]},
          {"id": 5, "image_id": 285, "category_id": 1, "bbox": [0, 0, 3, 2], "area": 6, "iscrowd": 1,
           "segmentation": {"counts": [0, 6], "size": [2, 3]}},
          {"id": 4, "image_id": 139, "category_id": 1, "bbox": [0, 0, 1, 1], "area": 1, "iscrowd": 0, "segmentation": []}],
         "categories": [{"id": 1, "name": "person", "supercategory": "person"}, {"id": 90, "name": "toothbrush"}]}
        """;

    @TempDir
    Path folder;
    Path file;

    @BeforeEach void write() throws IOException {
        file = Files.writeString(folder.resolve("instances.json"), INSTANCES);
        Files.write(folder.resolve("a.ppm"), "P6 2 1 255 abcdef".getBytes());
        Files.write(folder.resolve("b.ppm"), "P6 3 2 255 abcdefghijklmnopqr".getBytes());
    }

    @Test void images_come_in_the_order_of_their_numbers_with_all_their_objects() {
        // pycocotools: sorted(coco.imgs) == [37, 139, 285]; boxes [x, y, w, h] become [x, y, x + w, y + h] as in torchvision's v2 wrapper
        CocoDetection set = CocoDetection.of(folder, file);
        assertThat(set.size()).isEqualTo(3);
        assertThat(set.categories()).hasToString("{1=person, 90=toothbrush}");
        try (var scope = Scope.open()) {
            Detection none = set.get(0), two = set.get(1), crowd = set.get(2);
            assertThat(none.image().toByteArray()).containsExactly("adbecf".getBytes());
            assertThat(none.boxes().shape()).containsExactly(0, 4);
            assertThat(none.labels().shape()).containsExactly(0);
            assertThat(two.boxes().toFloatArray()).containsExactly(1.5f, 0.25f, 2.5f, 1.75f, 0, 0, 1, 1);
            assertThat(two.labels().toLongArray()).containsExactly(90, 1);
            assertThat(((Tensor) two.details().get("ids")).toLongArray()).containsExactly(9, 4);
            assertThat(((Tensor) two.details().get("area")).toFloatArray()).containsExactly(1.25f, 1);
            assertThat(((Tensor) crowd.details().get("iscrowd")).toLongArray()).containsExactly(1);
            assertThat(crowd.details().get("image_id")).isEqualTo(285L);
        }
        assertThatThrownBy(() -> set.get(3)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test void a_batch_holds_lists_with_one_element_for_each_image() {
        var loader = DataLoader.of(CocoDetection.of(folder, file), 2, Detection.lists()).workers(2).build();
        try (var epoch = loader.epoch(0); Batch first = epoch.next(); Batch second = epoch.next()) {
            assertThat(first.size()).isEqualTo(2);
            assertThat(first.list("images").get(1).shape()).containsExactly(3, 2, 3);
            assertThat(first.list("boxes").get(0).shape()).containsExactly(0, 4);
            assertThat(first.value("image_id")).isEqualTo(List.of(37L, 139L));
            assertThat(second.list("labels").getFirst().toLongArray()).containsExactly(1);
            assertThatThrownBy(first::input)
                    .hasMessageStartingWith("the batch has no tensor to be the input; its values are images, boxes");
        }
    }

    @Test void damaged_annotations_are_named() throws IOException {
        rewrite("\"image_id\": 285", "\"image_id\": 286", "annotations[1] belongs to image 286, which is not listed");
        rewrite("\"bbox\": [0, 0, 3, 2]", "\"bbox\": [0, 0, 3]",
                "annotations[1].bbox has 3 numbers; left, top, width and height were expected");
        rewrite("\"category_id\": 1, ", "", "annotations[1] has no category_id");
        rewrite("\"file_name\": \"a.ppm\", ", "", "images[1] has no file_name");
        rewrite("\"licenses\": []", "\"licenses\": [", "");
        Files.writeString(file, "[]");
        assertThatThrownBy(() -> CocoDetection.of(folder, file)).isInstanceOf(DatasetException.class)
                .hasMessageEndingWith("are damaged: the document must be an object, but begins with \"[\"");
        Files.delete(file);
        assertThatThrownBy(() -> CocoDetection.of(folder, file)).isInstanceOf(DatasetException.class)
                .hasMessageContaining("cannot be read");
    }

    private void rewrite(String part, String other, String message) throws IOException {
        assertThat(INSTANCES).contains(part);
        Files.writeString(file, INSTANCES.replaceFirst(java.util.regex.Pattern.quote(part), other));
        assertThatThrownBy(() -> CocoDetection.of(folder, file)).isInstanceOf(DatasetException.class)
                .hasMessageStartingWith("the annotations " + file + (message.isEmpty() ? " are damaged" : " are damaged: "))
                .hasMessageContaining(message);
    }

    @Test void a_missing_image_is_named_when_it_is_read() throws IOException {
        Files.delete(folder.resolve("a.ppm"));
        CocoDetection set = CocoDetection.of(folder, file);
        assertThatThrownBy(() -> set.get(0)).isInstanceOf(DatasetException.class)
                .hasMessage("the image " + folder.resolve("a.ppm") + " cannot be read: there is no such file");
    }
}
