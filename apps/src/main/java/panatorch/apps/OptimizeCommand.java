package panatorch.apps;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import panatorch.apps.console.InputException;
import panatorch.apps.console.Json;
import panatorch.apps.models.ModelKind;
import panatorch.apps.options.OutputFolder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command {@code panatorch optimize}. */
@Command(name = "optimize",
        description = "Writes a model for inference that computes the same faster: constants and batch normalisations folded.",
        footer = {"", "Example:", "  panatorch optimize resnet18.ts resnet18-fast.ts"})
final class OptimizeCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "IN", description = "a model: .ts of torch.jit.save, or .pt2 of torch.export.save")
    private Path from = Path.of("");

    @Parameters(index = "1", paramLabel = "OUT", description = "file to write, of the same kind; replaced if it exists")
    private Path to = Path.of("");

    @Option(names = "--json", description = "print nothing but one JSON object")
    private boolean json;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private record Result(String file, List<String> done, long bytesBefore, long bytes) {}

    @Override public Integer call() throws IOException {
        ModelKind kind = ModelKind.of(from);
        OutputFolder.file(to);
        if (Files.exists(to) && Files.isSameFile(from, to)) throw new InputException("IN and OUT are the same file, " + from);
        List<String> done = kind.optimize(from, to);
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(Json.LINE.writeValueAsString(new Result(to.toString(), done, Files.size(from), Files.size(to))));
        } else {
            done.forEach(out::println);
            out.println("written to " + to);
        }
        out.flush();
        return 0;
    }
}
