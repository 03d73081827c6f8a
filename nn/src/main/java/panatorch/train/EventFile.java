package panatorch.train;

import java.awt.image.RenderedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.nn.Module;

/**
 * A TensorBoard event file: curves, texts, histograms and images of a run. {@code tensorboard --logdir FOLDER} shows them while the run
 * goes on.
 *
 * <pre>{@code
 * try (var events = EventFile.create(Path.of("runs/1"))) {
 *     events.scalar("loss/train", step, loss);
 * }
 * }</pre>
 *
 * <p>
 * Every event is handed to the operating system before its method returns: the file of a killed process ends with its last complete event.
 * If a write fails, it is undone and the method throws {@link UncheckedIOException}; later events can still be read. Any thread may write.
 *
 * <p>
 * The file is TFRecords of {@code Event} messages. Audio, video and meshes cannot be written.
 */
public final class EventFile implements AutoCloseable {
    private static final Pattern NAME = Pattern.compile("events\\.out\\.tfevents\\.(\\d{1,18})\\..*");
    private static final int THRESHOLDS = 127; // PyTorch's
    private static final int BUCKETS = 30; // the number that TensorBoard's own histograms have

    private final Path path;
    private final RandomAccessFile file; // an interrupt of its thread would close a channel
    private boolean closed;

    private EventFile(Path path) throws IOException {
        this.path = path;
        Files.createFile(path);
        file = new RandomAccessFile(path.toFile(), "rw");
    }

    /**
     * Creates a file in {@code folder}, and the folder if it is missing. Earlier files there stay: TensorBoard shows all files of a folder
     * as one run.
     */
    public static EventFile create(Path folder) throws IOException {
        Files.createDirectories(folder);
        var events = new EventFile(folder.resolve(name(latest(folder))));
        events.write(event(0).text(3, "brain.Event:2"));
        return events;
    }

    /**
     * Creates a file for a resumed run. TensorBoard no longer shows what earlier files in {@code folder} hold of {@code step} and later
     * steps.
     */
    public static EventFile resume(Path folder, long step) throws IOException {
        EventFile events = create(folder);
        events.write(event(step).message(7, new Message().integer(1, 1))); // SessionLog START: TensorBoard drops this step and later ones
        return events;
    }

    /**
     * Returns {@code events.out.tfevents.SECONDS.HOST.PROCESS}. TensorBoard reads files in the order of their names, so the seconds always
     * grow.
     */
    private static String name(long latest) {
        long seconds = Math.max(Instant.now().getEpochSecond(), latest + 1);
        return String.format(Locale.ROOT, "events.out.tfevents.%010d.%s.%d", seconds, host(), ProcessHandle.current().pid());
    }

    private static long latest(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(f -> NAME.matcher(f.getFileName().toString())).filter(m -> m.matches())
                    .mapToLong(m -> Long.parseLong(m.group(1))).max().orElse(-1);
        }
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName().replaceAll("[^A-Za-z0-9._-]", "_");
        } catch (UnknownHostException e) {
            return "localhost";
        }
    }

    /** Returns the path of the file. */
    public Path path() { return path; }

    /** Writes a point of a curve, in single precision. A slash in the tag makes a group of curves. */
    public void scalar(String tag, long step, double value) {
        write(step, value(tag).real(2, (float) value));
    }

    /** Writes a text, shown as Markdown. */
    public void text(String tag, long step, String markdown) {
        Message metadata = new Message().message(1, new Message().text(1, "text"));
        Message one = new Message().message(2, new Message().integer(1, 1));
        // DT_STRING [1]
        write(step, value(tag).message(9, metadata).message(8, new Message().integer(1, 7).message(2, one).text(8, markdown)));
    }

    /**
     * Writes the distribution of a tensor's elements in 30 buckets of equal width, counted on the tensor's device. NaN and infinities are
     * left out.
     *
     * @param values a tensor of any shape and any real type
     */
    public void histogram(String tag, long step, Tensor values) {
        if (values.dtype().isComplex()) throw new IllegalArgumentException("a histogram needs a real type, not " + values.dtype());
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor all = values.flatten().to(DType.FLOAT64), x = all.maskedSelect(all.isfinite());
            long n = x.numel();
            double[] s = n == 0 ? new double[4] : Aten.stack(x.amin(), x.amax(), x.sum(), x.square().sum()).toDoubleArray();
            double[] counts = n == 0 ? new double[0] : s[0] == s[1] ? new double[] {n} : x.histc(BUCKETS, s[0], s[1]).toDoubleArray();
            var limits = new double[counts.length];
            for (int i = 0; i < limits.length; i++)
                limits[i] = i == limits.length - 1 ? s[1] : s[0] + (s[1] - s[0]) * (i + 1) / limits.length;
            var histogram = new Message().real(1, s[0]).real(2, s[1]).real(3, (double) n).real(4, s[2]).real(5, s[3]).reals(6, limits)
                    .reals(7, counts);
            write(step, value(tag).message(5, histogram));
        }
    }

    /**
     * Writes an image.
     *
     * @param png the bytes of a PNG file
     * @throws IllegalArgumentException if {@code png} is not a PNG file
     */
    public void image(String tag, long step, byte[] png) {
        var header = ByteBuffer.wrap(png);
        if (png.length < 26 || header.getLong(0) != 0x89504E470D0A1A0AL || header.getInt(12) != 0x49484452)
            throw new IllegalArgumentException("these " + png.length + " bytes are not a PNG file");
        int channels = switch (header.get(25)) {
            case 0 -> 1;
            case 4 -> 2;
            case 6 -> 4;
            default -> 3;
        };
        write(step, value(tag).message(4,
                new Message().integer(1, header.getInt(20)).integer(2, header.getInt(16)).integer(3, channels).bytes(4, png)));
    }

    /**
     * Writes a picture that Java has drawn, such as a chart: PyTorch's {@code add_figure}. A chart of XChart is one by
     * {@code BitmapEncoder.getBufferedImage(chart)}.
     *
     * @throws IllegalArgumentException if Java cannot write the picture's type as PNG
     */
    public void figure(String tag, long step, RenderedImage picture) {
        var png = new ByteArrayOutputStream();
        try {
            if (!ImageIO.write(picture, "png", png))
                throw new IllegalArgumentException("Java cannot write this picture as PNG; draw it into a BufferedImage of TYPE_INT_RGB");
        } catch (IOException e) {
            throw new UncheckedIOException("cannot make a PNG of the picture", e);
        }
        image(tag, step, png.toByteArray());
    }

    /**
     * Writes the graph of a module: PyTorch's {@code add_graph}. Its nodes are the operators that the module calls for the inputs, within
     * the modules that call them by {@code call}. It runs once in evaluation mode and without gradients, and needs memory for all tensors
     * that it makes. TensorBoard shows the last graph of a run.
     *
     * @param inputs inputs of {@code forward}, or of {@code forwardAll} if there are several
     */
    public void graph(Module module, Tensor... inputs) {
        Message graph = GraphSummary.of(module, List.of(inputs));
        write(event(0).message(4, graph));
    }

    /** Writes vectors for the projector without labels; see {@link #embedding(String, long, Tensor, Map, Tensor)}. */
    public void embedding(String tag, long step, Tensor vectors) {
        embedding(tag, step, vectors, Map.of(), null);
    }

    /** Writes vectors for the projector with one label each; see {@link #embedding(String, long, Tensor, Map, Tensor)}. */
    public void embedding(String tag, long step, Tensor vectors, List<String> labels) {
        embedding(tag, step, vectors, Map.of("label", labels), null);
    }

    /**
     * Writes vectors for TensorBoard's projector, which shows them in two or three dimensions: PyTorch's {@code add_embedding}. They are
     * files beside this one, in a folder of the step and the tag, and an entry of {@code projector_config.pbtxt}.
     *
     * @param vectors [N, D], written in single precision
     * @param labels columns of N texts each by their names, without tabs and line breaks; empty for none
     * @param images pictures of the vectors [N, 3, H, W], uint8 or floating-point in [0, 1]; null for none
     * @throws IllegalArgumentException if a number of labels or images is not N, or the images take more than 8192 pixels a side together
     */
    public void embedding(String tag, long step, Tensor vectors, Map<String, List<String>> labels, @Nullable Tensor images) {
        value(tag);
        try {
            Projector.write(Objects.requireNonNull(path.toAbsolutePath().getParent()), tag, step, vectors, labels, images);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write the embedding " + tag + " beside " + path, e);
        }
    }

    /**
     * Writes the hyper-parameters of a run and what came of them, for TensorBoard's table of runs: PyTorch's {@code add_hparams}. The
     * metrics are written as points of curves too.
     *
     * @param parameters numbers, truth values and strings by name
     * @param metrics results by the tag of their curve
     * @throws IllegalArgumentException if a parameter is of another type
     */
    public void hparams(Map<String, ?> parameters, Map<String, Double> metrics, long step) {
        Message experiment = PluginSummaries.experiment(parameters, metrics);
        write(0, experiment);
        write(0, PluginSummaries.sessionStart(parameters));
        metrics.forEach((tag, metric) -> scalar(tag, step, metric));
        write(0, PluginSummaries.sessionEnd());
    }

    /**
     * Writes a precision–recall curve at 127 thresholds, PyTorch's {@code add_pr_curve}.
     *
     * @param labels true classes, 0 or 1, of any shape
     * @param predictions probabilities of class 1 in [0, 1], as many as labels
     * @throws IllegalArgumentException if there are not as many, or a probability lies outside [0, 1]
     */
    public void prCurve(String tag, long step, Tensor labels, Tensor predictions) {
        value(tag);
        write(step, PluginSummaries.curve(tag, labels, predictions, THRESHOLDS));
    }

    private static Message value(String tag) {
        if (tag.isBlank()) throw new IllegalArgumentException("the tag is blank; give the curve, text, histogram or image a name");
        return new Message().text(1, tag);
    }

    private static Message event(long step) {
        Instant now = Instant.now();
        return new Message().real(1, now.getEpochSecond() + now.getNano() / 1e9).integer(2, step);
    }

    private void write(long step, Message value) { write(event(step).message(5, new Message().message(1, value))); }

    /**
     * Writes one TFRecord: length, its checksum, the message, its checksum. All in one write, so that a killed process leaves no partial
     * record.
     */
    private synchronized void write(Message event) {
        if (closed) throw new IllegalStateException(path + " is closed");
        byte[] data = event.toByteArray();
        var record = ByteBuffer.allocate(data.length + 16).order(ByteOrder.LITTLE_ENDIAN).putLong(data.length);
        record.putInt(maskedChecksum(record.array(), Long.BYTES)).put(data).putInt(maskedChecksum(data, data.length));
        try {
            long end = file.getFilePointer();
            try {
                file.write(record.array());
            } catch (IOException e) {
                file.setLength(end); // readers cannot go on after a partial record
                file.seek(end);
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write to " + path, e);
        }
    }

    /** Returns the CRC-32C, rotated and shifted, so that the checksum of data that contains checksums stays useful. */
    private static int maskedChecksum(byte[] bytes, int length) {
        var crc = new CRC32C();
        crc.update(bytes, 0, length);
        return Integer.rotateRight((int) crc.getValue(), 15) + 0xA282EAD8;
    }

    /** Closes the file. Closing twice is harmless. */
    @Override public synchronized void close() {
        closed = true;
        try {
            file.close();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot close " + path, e);
        }
    }
}
