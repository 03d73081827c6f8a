package panatorch.apps;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.apps.console.Counted;
import panatorch.apps.console.InputException;
import panatorch.apps.console.Json;
import panatorch.apps.console.Printable;
import panatorch.apps.options.Checkpoint;
import panatorch.apps.options.OutputFolder;
import panatorch.apps.options.WeightType;
import panatorch.serialize.Npy;
import panatorch.serialize.Safetensors;
import panatorch.serialize.TorchFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command {@code panatorch convert}. */
@Command(name = "convert",
        description = "Converts a file of weights to the format of the new name's extension: .safetensors; .pt, .pth, .th or .bin for "
                + "torch.load; .npz for NumPy.",
        footer = {
            "", "Examples:", "  panatorch convert runs/cifar/model.safetensors model.pt",
            "  panatorch convert resnet20.th resnet20.safetensors", "  panatorch convert model.pt model.npz --dtype fp32"})
final class ConvertCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "FROM", description = "safetensors, .pt, .pth, .th, .npz, a run's last.ckpt, or its folder")
    private Path from = Path.of("");

    @Parameters(index = "1", paramLabel = "TO", description = "file to write; replaced if it exists")
    private Path to = Path.of("");

    @Option(names = "--dtype", paramLabel = "TYPE",
            description = "type of floating-point weights: ${COMPLETION-CANDIDATES}; default: unchanged")
    private @Nullable WeightType dtype;

    @Option(names = "--json", description = "print nothing but one JSON object")
    private boolean json;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override public Integer call() throws IOException {
        String name = to.getFileName().toString().toLowerCase(Locale.ROOT), ending = name.substring(name.lastIndexOf('.') + 1);
        OutputFolder.file(to);
        try (var scope = Scope.open()) {
            Checkpoint weights = Checkpoint.read(from);
            var tensors = new LinkedHashMap<String, Tensor>();
            weights.tensors().forEach((key, t) -> tensors.put(key, dtype != null && t.dtype().isFloatingPoint() ? t.to(dtype.dtype) : t));
            write(ending, tensors, weights.metadata());
            PrintWriter out = spec.commandLine().getOut();
            boolean silent = !ending.equals("safetensors") && !weights.metadata().isEmpty();
            if (json)
                out.println(Json.LINE.writeValueAsString(Map.of("file", to.toString(), "tensors", tensors.size(), "metadataLost",
                        silent ? weights.metadata().keySet() : Set.of())));
            else
                out.println(Counted.of(tensors.size(), "tensor") + " written to " + to);
            if (silent && !json)
                out.println("a ." + ending + " file cannot hold the metadata of " + from + " ("
                        + Printable.line(String.join(", ", weights.metadata().keySet()))
                        + "): pass --model, --dataset and --normalize to evaluate and predict");
            out.flush();
        }
        return 0;
    }

    private void write(String ending, Map<String, Tensor> tensors, Map<String, String> metadata) throws IOException {
        try {
            switch (ending) {
                case "safetensors" -> Safetensors.save(to, tensors, metadata);
                case "pt", "pth", "th", "bin" -> TorchFile.save(to, tensors);
                case "npz" -> Npy.saveAll(to, tensors);
                default -> throw new InputException(
                        "the extension of " + to.getFileName() + " is unknown: use .safetensors, .pt, .pth, .th, .bin or .npz");
            }
        } catch (IllegalArgumentException e) {
            throw new InputException(e.getMessage() + advice(e.getMessage(), tensors), e);
        }
    }

    /** Suggests what may help: another type if floating-point weights are what the file cannot hold, or else another format. */
    private String advice(@Nullable String message, Map<String, Tensor> tensors) {
        boolean floating = tensors.entrySet().stream()
                .anyMatch(e -> message != null && message.startsWith(e.getKey() + " is ") && e.getValue().dtype().isFloatingPoint());
        return floating && dtype == null ? "; --dtype fp32 writes another type" : "; a .pt file can hold it";
    }
}
