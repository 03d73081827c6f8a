package panatorch.apps;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.apps.console.Counted;
import panatorch.apps.console.InputException;
import panatorch.apps.console.Json;
import panatorch.apps.console.Printable;
import panatorch.apps.models.ModelKind;
import panatorch.apps.models.ModelPlan;
import panatorch.apps.models.ModelReport;
import panatorch.apps.models.ModelSummary;
import panatorch.apps.options.Checkpoint;
import panatorch.serialize.MalformedFileException;
import panatorch.serialize.Reading;
import panatorch.serialize.StateDicts;
import panatorch.serialize.TorchFile;
import panatorch.serialize.Weights;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command {@code panatorch inspect}. */
@Command(name = "inspect",
        description = "Lists the contents of a file of weights, a checkpoint or a model without reading the weights. Of a model: inputs "
                + "and outputs, operators, weights, and what is missing to run it.",
        footer = {
            "", "Examples:", "  panatorch inspect runs/cifar/model.safetensors", "  panatorch inspect resnet20.th --json",
            "  panatorch inspect resnet18.pt2"})
final class InspectCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE",
            description = "safetensors, their index, .pt, .pth, .th, .npz, .ckpt, a run's folder, or a model: .pt2, .ts")
    private Path file = Path.of("");

    @Option(names = "--program", paramLabel = "NAME", description = "name of the program in a .pt2 file of several")
    private @Nullable String program;

    @Option(names = "--json", description = "print nothing but one JSON object")
    private boolean json;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /**
     * A tensor in a file.
     *
     * @param name name of the tensor
     * @param shape its shape
     * @param dtype its type
     * @param bytes size of its elements
     */
    private record Entry(String name, long[] shape, String dtype, long bytes) {
        static Entry of(String name, Tensor t) {
            return new Entry(name, t.shape(), t.dtype().toString().toLowerCase(Locale.ROOT), t.numel() * t.dtype().bytes());
        }
    }

    private record Content(List<Entry> tensors, Map<String, String> values, long parameters, long bytes) {}

    @Override public Integer call() throws IOException {
        file = Checkpoint.file(file);
        PrintWriter out = spec.commandLine().getOut();
        if (ModelKind.isModel(file)) {
            ModelSummary summary = ModelKind.summary(file, new ModelPlan(program, null, Device.CPU, false));
            if (json) out.println(Json.LINE.writeValueAsString(summary));
            else ModelReport.print(summary, out);
            out.flush();
            return 0;
        }
        if (program != null) throw new InputException("--program has no effect on " + file + ", which is not a model");
        var tensors = new ArrayList<Entry>();
        var values = new LinkedHashMap<String, String>();
        try (var scope = Scope.open()) {
            collect(tensors, values);
        } catch (IOException e) {
            throw new InputException("the file cannot be read: " + InputException.reason(e), e);
        }
        var content = new Content(tensors, values, tensors.stream().mapToLong(e -> Arrays.stream(e.shape).reduce(1, (a, b) -> a * b)).sum(),
                tensors.stream().mapToLong(Entry::bytes).sum());
        if (json) out.println(Json.LINE.writeValueAsString(content));
        else print(content, out);
        out.flush();
        return 0;
    }

    /** Collects the file's tensors and other values. Files of {@code torch.save} may hold more than weights. */
    private void collect(List<Entry> tensors, Map<String, String> values) throws IOException {
        if (isTorchFile()) {
            flatten("", TorchFile.load(file, Reading.MAPPED), tensors, values);
            return;
        }
        Weights content = StateDicts.read(file, Reading.MAPPED);
        content.tensors().forEach((name, t) -> tensors.add(Entry.of(name, t)));
        values.putAll(content.metadata());
    }

    private boolean isTorchFile() throws IOException {
        if (!Files.isRegularFile(file))
            throw new InputException(
                    "the file cannot be read: " + (Files.exists(file) ? file + " is not a file" : "there is no file " + file));
        byte[] head;
        try (var in = Files.newInputStream(file)) {
            head = in.readNBytes(2);
        }
        if (head.length < 2 || !(head[0] == 'P' && head[1] == 'K' || head[0] == (byte) 0x80)) return false;
        try (var scope = Scope.open()) {
            TorchFile.load(file, Reading.MAPPED);
            return true;
        } catch (MalformedFileException e) {
            if (head[0] != 'P') throw e;
            return false; // a NumPy archive
        }
    }

    private static void flatten(String name, @Nullable Object value, List<Entry> tensors, Map<String, String> values) {
        String prefix = name.isEmpty() ? "" : name + ".";
        switch (value) {
            case Tensor t -> tensors.add(Entry.of(name, t));
            case Map<?, ?> map -> map.forEach((k, v) -> flatten(prefix + k, v, tensors, values));
            case List<?> list when list.stream().anyMatch(v -> v instanceof Tensor || v instanceof Map || v instanceof List) -> {
                for (int i = 0; i < list.size(); i++) flatten(prefix + i, list.get(i), tensors, values);
            }
            case null, default -> values.put(name, String.valueOf(value));
        }
    }

    private void print(Content content, PrintWriter out) {
        int width = content.tensors.stream().mapToInt(e -> Printable.line(e.name).length()).max().orElse(4);
        for (Entry e : content.tensors)
            out.printf(Locale.ROOT, "%-" + width + "s  %-20s  %-9s %,14d bytes%n", Printable.line(e.name), Arrays.toString(e.shape),
                    e.dtype, e.bytes);
        content.values.forEach(
                (k, v) -> out.println(Printable.line(k) + " = " + Printable.line(v.length() > 100 ? v.substring(0, 100) + "…" : v)));
        out.println(Counted.of(content.tensors.size(), "tensor") + ", " + Counted.of(content.parameters, "number") + ", "
                + Counted.of(content.bytes, "byte"));
    }
}
