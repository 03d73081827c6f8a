package panatorch.apps;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import panatorch.Scope;
import panatorch.Torch;
import panatorch.apps.console.InputException;
import panatorch.apps.console.Json;
import panatorch.apps.console.Printable;
import panatorch.apps.models.Companions;
import panatorch.apps.models.LoadedModel;
import panatorch.apps.models.ModelKind;
import panatorch.apps.models.ModelPlan;
import panatorch.apps.options.ComputeOptions;
import panatorch.apps.options.ComputePlan;
import panatorch.apps.options.OptionCheck;
import panatorch.generation.Generation;
import panatorch.generation.GenerationOptions;
import panatorch.generation.TextStream;
import panatorch.text.Tokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command {@code panatorch generate}. */
@Command(name = "generate", sortOptions = false,
        description = "Continues a text with a language model that Python exported, token by token. Without --temperature, --top-k, "
                + "--top-p and --min-p it takes the most probable token each time.",
        footer = {
            "", "Examples:", "  panatorch generate gpt2.pt2 --text 'Once upon a time'",
            "  panatorch generate llama.pt2 --text 'Once' --tokens 200 --temperature 0.8 --top-p 0.95 --seed 7",
            "", "python panatorch_export.py DIR --generate makes such a model."})
final class GenerateCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "MODEL", description = "a file of torch.export.save")
    private Path file = Path.of("");

    @Option(names = "--text", paramLabel = "TEXT", required = true, description = "the text to continue")
    private String text = "";

    @Option(names = "--tokens", paramLabel = "N", defaultValue = "100",
            description = "greatest number of new tokens; default: ${DEFAULT-VALUE}")
    private int tokens;

    @Option(names = "--temperature", paramLabel = "T", description = "draw tokens by chance, with logits divided by T")
    private @Nullable Double temperature;

    @Option(names = "--top-k", paramLabel = "K", description = "draw from the K most probable tokens")
    private @Nullable Integer topK;

    @Option(names = "--top-p", paramLabel = "P", description = "draw from the most probable tokens that make up P")
    private @Nullable Double topP;

    @Option(names = "--min-p", paramLabel = "P", description = "draw from tokens at least P times as probable as the most probable one")
    private @Nullable Double minP;

    @Option(names = "--repetition-penalty", paramLabel = "R", description = "make tokens that the text has less probable; default: 1, none")
    private @Nullable Double repetitionPenalty;

    @Option(names = "--tokenizer", paramLabel = "FILE", description = "tokenizer.json; default: the one in the model's file")
    private @Nullable Path tokenizerFile;

    @Option(names = "--weights", paramLabel = "FILE",
            description = "weights of a program that was exported without: a file, or a folder with model.safetensors")
    private @Nullable Path weights;

    @Option(names = "--program", paramLabel = "NAME", description = "name of the program in an archive of several")
    private @Nullable String program;

    @Mixin(name = "Compute")
    private ComputeOptions compute = new ComputeOptions();

    @Option(names = "--json", description = "print one JSON object with the new text and its tokens")
    private boolean json;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /** What {@code --json} prints. */
    private record Result(String text, int[] tokens) {}

    @Override public Integer call() throws IOException {
        OptionCheck.atLeast("--tokens", tokens, 1);
        compute.check();
        GenerationOptions options = options();
        try (var scope = Scope.open()) {
            ComputePlan place = compute.resolve();
            Torch.manualSeed(place.seed());
            try (LoadedModel model = ModelKind.open(file, new ModelPlan(program, weights, place.device(), false))) {
                generate(model, options);
            }
        }
        spec.commandLine().getOut().flush();
        return 0;
    }

    private GenerationOptions options() {
        boolean chance = temperature != null || topK != null || topP != null || minP != null;
        GenerationOptions o = chance ? GenerationOptions.sampling(tokens) : GenerationOptions.greedy(tokens);
        try {
            if (temperature != null) o = o.temperature(temperature);
            if (topK != null) o = o.topK(topK);
            if (topP != null) o = o.topP(topP);
            if (minP != null) o = o.minP(minP);
            return repetitionPenalty == null ? o : o.repetitionPenalty(repetitionPenalty);
        } catch (IllegalArgumentException e) {
            throw new InputException(String.valueOf(e.getMessage()).replace("topK", "--top-k").replace("topP", "--top-p")
                    .replace("minP", "--min-p").replace("repetitionPenalty", "--repetition-penalty").replace("temperature", "--temperature")
                    .replace("; greedy() draws no tokens", "; leave it out for the most probable tokens"), e);
        }
    }

    private void generate(LoadedModel model, GenerationOptions options) throws IOException {
        var companions = new Companions(model, tokenizerFile == null ? Map.of() : Map.of(Companions.TOKENIZER, tokenizerFile));
        Tokenizer tokenizer = companions.tokenizer();
        if (tokenizer == null) throw new InputException("there is no tokenizer in " + file + "; --tokenizer names a tokenizer.json");
        try (var language = model.language()) {
            int[] prompt = tokenizer.encode(text).ids();
            if (prompt.length == 0) throw new InputException("--text has no tokens; give at least a word");
            if (prompt.length >= language.capacity())
                throw new InputException("--text has " + prompt.length + " tokens, and the model reads at most " + language.capacity()
                        + " with those that it writes");
            PrintWriter to = spec.commandLine().getOut();
            var stream = new TextStream(tokenizer::decode);
            int[] made = Generation.generate(language, prompt, options.stop(companions.numbers("eos_token_ids")), token -> {
                if (!json) {
                    to.print(Printable.text(stream.add(token)));
                    to.flush();
                }
                return !to.checkError();
            });
            if (json) to.println(Json.LINE.writeValueAsString(new Result(tokenizer.decode(made), made)));
            else to.println(Printable.text(stream.end()));
        } catch (IllegalArgumentException e) {
            throw new InputException("the model generates no text: " + e.getMessage(), e);
        }
    }
}
