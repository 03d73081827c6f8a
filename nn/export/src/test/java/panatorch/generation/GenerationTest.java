package panatorch.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import panatorch.Aten;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.export.ExportedProgram;
import panatorch.export.Exporter;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.Linear;

/** Texts of a small language model, against those of Python's transformers, which {@code src/test/python/generation.py} generated. */
@NoTensorLeaks
class GenerationTest {
    private static final JsonNode PYTHON = python();
    private static final int[] PROMPT = ints(PYTHON.get("prompt"));

    private static JsonNode python() {
        try (var in = Objects.requireNonNull(GenerationTest.class.getResourceAsStream("generation.json"))) {
            return new ObjectMapper().readTree(in);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static int[] ints(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
    }

    private static ExportedProgram program(String name) throws IOException, URISyntaxException {
        return ExportedProgram.load(Path.of(Objects.requireNonNull(GenerationTest.class.getResource(name)).toURI()));
    }

    private static GenerationOptions options(JsonNode c) {
        int tokens = PYTHON.get("tokens").asInt();
        return (c.get("do_sample").asBoolean() ? GenerationOptions.sampling(tokens) : GenerationOptions.greedy(tokens))
                .temperature(c.path("temperature").asDouble(1)).topK(c.path("top_k").asInt(0)).topP(c.path("top_p").asDouble(1))
                .minP(c.path("min_p").asDouble(0)).repetitionPenalty(c.path("repetition_penalty").asDouble(1))
                .stop(PYTHON.get("stop").asInt());
    }

    @Test void texts_are_those_of_transformers_with_a_cache_and_without() throws Exception {
        for (String name : List.of("llama.pt2", "llama-whole.pt2")) {
            try (ExportedProgram program = program(name); CausalModel model = CausalModel.of(program)) {
                for (JsonNode c : PYTHON.get("cases")) {
                    Torch.manualSeed(PYTHON.get("seed").asLong());
                    assertThat(Generation.generate(model, PROMPT, options(c))).as(name + " " + c).isEqualTo(ints(c.get("tokens")));
                }
            }
        }
    }

    @Test void a_model_reads_a_text_in_pieces_as_at_once() throws Exception {
        try (var scope = Scope.open(); ExportedProgram program = program("llama.pt2"); CausalModel model = CausalModel.of(program)) {
            Tensor whole = model.read(1, 5, 7, 9, 4, 30);
            model.reset();
            model.read(1, 5);
            model.read(7);
            assertThat(Aten.allclose(model.read(9, 4, 30), whole, 1e-5, 1e-5, false)).isTrue();
        }
    }

    @Test void a_text_ends_where_the_cache_does_or_the_caller_wants() throws Exception {
        try (ExportedProgram program = program("llama.pt2"); CausalModel model = CausalModel.of(program)) {
            assertThat(model.capacity()).isEqualTo(48);
            assertThat(Generation.generate(model, PROMPT, GenerationOptions.greedy(1000))).hasSize(44);
            var seen = new ArrayList<Integer>();
            int[] three = Generation.generate(model, PROMPT, GenerationOptions.greedy(40), token -> {
                seen.add(token);
                return seen.size() < 3;
            });
            assertThat(three).hasSize(3).containsExactly(seen.stream().mapToInt(i -> i).toArray());
            assertThatThrownBy(() -> model.read(new int[60])).hasMessage("the model can read 48 tokens, not 66");
        }
    }

    @Test void a_program_that_is_no_language_model_is_refused() {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter(); var linear = new Linear(2, 3);
                ExportedProgram program = Exporter.of(linear).export(Torch.ones(1, 2))) {
            assertThatThrownBy(() -> CausalModel.of(program)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("this program has [input]");
        }
    }

    @Test void impossible_options_are_refused() {
        assertThatThrownBy(() -> GenerationOptions.sampling(10).temperature(0)).hasMessageContaining("greedy()");
        assertThatThrownBy(() -> GenerationOptions.sampling(10).topP(1.5)).hasMessage("topP must be above 0 and at most 1, not 1.5");
        assertThatThrownBy(() -> GenerationOptions.greedy(0)).hasMessage("tokens must be at least 1, not 0");
    }

    @Test void streamed_text_holds_back_what_later_tokens_complete() {
        byte[] bytes = "día 🙂!".getBytes(StandardCharsets.UTF_8);
        var stream = new TextStream(ids -> {
            var some = new byte[ids.length];
            for (int i = 0; i < some.length; i++) some[i] = (byte) ids[i];
            return new String(some, StandardCharsets.UTF_8);
        });
        var parts = new ArrayList<String>();
        for (byte b : bytes) parts.add(stream.add(b));
        assertThat(parts).containsExactly("d", "", "í", "a", " ", "", "", "", "🙂", "!");
        assertThat(stream.end()).isEmpty();
        stream.add(bytes[1]);
        assertThat(stream.end()).isEqualTo("\uFFFD");
    }

    @Test void a_decoder_that_tidies_up_loses_no_text() {
        var stream = new TextStream(ids -> ids.length == 1 ? "Hello " : "Hello.");
        assertThat(stream.add(1) + stream.add(2) + stream.end()).isEqualTo("Hello .");
    }
}
