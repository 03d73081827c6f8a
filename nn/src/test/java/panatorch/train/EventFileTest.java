package panatorch.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/** Event files read back by a reader of their own format; that TensorBoard reads them, a test of {@code native-tests} shows. */
@NoTensorLeaks
class EventFileTest {
    @TempDir
    Path folder;

    // ---- the reader

    /** Fields of a message by number: numbers as Long, Double or Float, all else as bytes. */
    private static Map<Integer, List<Object>> message(byte[] bytes) {
        var fields = new TreeMap<Integer, List<Object>>();
        var in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        while (in.hasRemaining()) {
            long key = varint(in);
            fields.computeIfAbsent((int) (key >> 3), k -> new ArrayList<>()).add(switch ((int) (key & 7)) {
                case 0 -> varint(in);
                case 1 -> in.getDouble();
                case 5 -> in.getFloat();
                case 2 -> {
                    var part = new byte[(int) varint(in)];
                    in.get(part);
                    yield part;
                }
                default -> throw new AssertionError("kind " + (key & 7));
            });
        }
        return fields;
    }

    private static long varint(ByteBuffer in) {
        long value = 0;
        for (int shift = 0;; shift += 7) {
            byte b = in.get();
            value |= (long) (b & 0x7F) << shift;
            if (b >= 0) return value;
        }
    }

    private static List<Map<Integer, List<Object>>> events(Path file) throws IOException {
        var events = new ArrayList<Map<Integer, List<Object>>>();
        var in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        while (in.hasRemaining()) {
            int at = in.position();
            var data = new byte[(int) in.getLong()];
            assertThat(in.getInt()).isEqualTo(masked(Arrays.copyOfRange(in.array(), at, at + 8)));
            in.get(data);
            assertThat(in.getInt()).isEqualTo(masked(data));
            events.add(message(data));
        }
        return events;
    }

    /** Tags and steps of all values in a folder, as {@code loss@7}. */
    static List<String> scalars(Path folder) throws IOException {
        var tags = new ArrayList<String>();
        try (var files = Files.list(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                for (var event : events(file)) {
                    for (Object summary : event.getOrDefault(5, List.of())) {
                        for (Object value : message((byte[]) summary).getOrDefault(1, List.of())) {
                            tags.add(new String((byte[]) message((byte[]) value).get(1).getFirst(), StandardCharsets.UTF_8) + "@"
                                    + event.get(2).getFirst());
                        }
                    }
                }
            }
        }
        return tags;
    }

    /** Bit by bit, as the polynomial says. */
    private static long crc32c(byte[] data) {
        long crc = 0xFFFFFFFFL;
        for (byte b : data) {
            crc ^= b & 0xFF;
            for (int bit = 0; bit < 8; bit++) crc = (crc & 1) == 0 ? crc >> 1 : crc >> 1 ^ 0x82F63B78L;
        }
        return crc ^ 0xFFFFFFFFL;
    }

    private static int masked(byte[] data) {
        long crc = crc32c(data);
        return (int) ((crc >> 15 | crc << 17) + 0xa282ead8L);
    }

    private static Map<Integer, List<Object>> sub(Map<Integer, List<Object>> message, int field) {
        return message((byte[]) message.get(field).getFirst());
    }

    private static Map<Integer, List<Object>> value(Map<Integer, List<Object>> event) { return sub(sub(event, 5), 1); }

    private static String text(Map<Integer, List<Object>> message, int field) {
        return new String((byte[]) message.get(field).getFirst(), StandardCharsets.UTF_8);
    }

    private static double[] doubles(Map<Integer, List<Object>> message, int field) {
        var in = ByteBuffer.wrap((byte[]) message.get(field).getFirst()).order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer();
        return IntStream.range(0, in.limit()).mapToDouble(in::get).toArray();
    }

    // ---- the tests

    @Test void the_readers_checksum_is_that_of_the_standard() {
        assertThat(crc32c("123456789".getBytes(StandardCharsets.US_ASCII))).isEqualTo(0xE3069283L);
    }

    @Test void every_event_is_in_the_file_before_it_is_closed() throws IOException {
        try (var file = EventFile.create(folder.resolve("new/run"))) {
            assertThat(file.path().getFileName().toString()).matches("events\\.out\\.tfevents\\.\\d{10}\\..+\\.\\d+");
            for (long step : new long[] {0, 1, 127, 128, 1L << 40}) file.scalar("loss/train", step, step / 3.0);
            var events = events(file.path());
            assertThat(text(events.getFirst(), 3)).isEqualTo("brain.Event:2");
            assertThat((Double) events.getFirst().get(1).getFirst()).isEqualTo(System.currentTimeMillis() / 1e3, within(60.0));
            assertThat(events.stream().skip(1).map(e -> e.get(2).getFirst())).containsExactly(0L, 1L, 127L, 128L, 1L << 40);
            assertThat(text(value(events.get(3)), 1)).isEqualTo("loss/train");
            assertThat(value(events.get(3)).get(2)).containsExactly(127 / 3f);
        }
    }

    @Test void a_resumed_run_writes_a_later_file_that_begins_where_the_first_is_to_end() throws IOException {
        var names = new ArrayList<String>();
        for (int i = 0; i < 12; i++) {
            try (var file = i == 0 ? EventFile.create(folder) : EventFile.resume(folder, 40 + i)) {
                names.add(file.path().getFileName().toString());
                var events = events(file.path());
                assertThat(events).hasSize(i == 0 ? 1 : 2);
                if (i > 0) assertThat(events.get(1).get(2)).containsExactly(40L + i);
                if (i > 0) assertThat(sub(events.get(1), 7)).isEqualTo(Map.of(1, List.of(1L)));
            }
        }
        assertThat(names).isSorted().doesNotHaveDuplicates();
    }

    @Test void a_text_is_a_tensor_of_one_string_for_the_text_plug_in() throws IOException {
        try (var file = EventFile.create(folder)) {
            file.text("note", 7, "größer **als**");
            var value = value(events(file.path()).get(1));
            assertThat(text(sub(sub(value, 9), 1), 1)).isEqualTo("text");
            assertThat(sub(value, 8).get(1)).containsExactly(7L);
            assertThat(text(sub(value, 8), 8)).isEqualTo("größer **als**");
        }
    }

    @Test void a_histogram_counts_what_is_finite() throws IOException {
        try (var scope = Scope.open(); var file = EventFile.create(folder)) {
            Tensor weights = Torch.tensor(new float[] {0, 0.5f, 15, 30, Float.NaN, Float.NEGATIVE_INFINITY}, 2, 3);
            file.histogram("weights", 3, weights);
            file.histogram("same", 3, Torch.full(new long[] {4}, 2, DType.INT64));
            file.histogram("none", 3, weights.sub(Double.NaN));
            var events = events(file.path());
            var histogram = sub(value(events.get(1)), 5);
            for (int i = 0; i < 5; i++) assertThat(histogram.get(i + 1)).containsExactly(new double[] {0, 30, 4, 45.5, 1125.25}[i]);
            assertThat(doubles(histogram, 6)).containsExactly(IntStream.rangeClosed(1, 30).asDoubleStream().toArray());
            var counts = new double[30];
            counts[0] = 2;
            counts[15] = counts[29] = 1;
            assertThat(doubles(histogram, 7)).containsExactly(counts);
            assertThat(doubles(sub(value(events.get(2)), 5), 7)).containsExactly(4);
            assertThat(doubles(sub(value(events.get(3)), 5), 7)).isEmpty();
        }
    }

    @Test void a_picture_says_its_size_and_channels() throws IOException {
        try (var file = EventFile.create(folder)) {
            byte[] grey = png(5, 3, BufferedImage.TYPE_BYTE_GRAY), coloured = png(200, 300, BufferedImage.TYPE_INT_ARGB);
            file.image("grey", 1, grey);
            file.image("coloured", 1, coloured);
            var events = events(file.path());
            var first = sub(value(events.get(1)), 4);
            assertThat(List.of(first.get(1), first.get(2), first.get(3))).containsExactly(List.of(3L), List.of(5L), List.of(1L));
            assertThat((byte[]) first.get(4).getFirst()).isEqualTo(grey);
            var second = sub(value(events.get(2)), 4);
            assertThat(List.of(second.get(1), second.get(2), second.get(3))).containsExactly(List.of(300L), List.of(200L), List.of(4L));
            assertThatThrownBy(() -> file.image("no picture", 1, new byte[100])).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("these 100 bytes are not a PNG file");
        }
    }

    @Test void a_figure_is_the_png_of_a_picture_of_javas() throws IOException {
        var picture = new BufferedImage(20, 10, BufferedImage.TYPE_INT_RGB);
        picture.setRGB(3, 4, 0x123456);
        try (var file = EventFile.create(folder)) {
            file.figure("curve", 5, picture);
            var image = sub(value(events(file.path()).get(1)), 4);
            assertThat(List.of(image.get(1), image.get(2), image.get(3))).containsExactly(List.of(10L), List.of(20L), List.of(3L));
            BufferedImage read = ImageIO.read(new java.io.ByteArrayInputStream((byte[]) image.get(4).getFirst()));
            assertThat(read.getRGB(3, 4)).isEqualTo(0xff123456);
        }
    }

    private static byte[] png(int width, int height, int type) throws IOException {
        var out = new ByteArrayOutputStream();
        ImageIO.write(new BufferedImage(width, height, type), "png", out);
        return out.toByteArray();
    }

    @Test void an_interrupted_thread_goes_on_writing_and_a_closed_file_says_so() throws IOException {
        var file = EventFile.create(folder);
        Thread.currentThread().interrupt();
        file.scalar("x", 1, 1);
        assertThat(Thread.interrupted()).isTrue();
        file.scalar("x", 2, 1);
        assertThat(events(file.path())).hasSize(3);
        assertThatThrownBy(() -> file.scalar(" ", 1, 1)).isInstanceOf(IllegalArgumentException.class);
        file.close();
        file.close();
        assertThatThrownBy(() -> file.scalar("x", 3, 1)).isInstanceOf(IllegalStateException.class).hasMessageContaining("is closed");
    }
}
