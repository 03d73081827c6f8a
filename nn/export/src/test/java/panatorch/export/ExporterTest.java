package panatorch.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.Aten;
import panatorch.Generator;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.BatchNorm2d;
import panatorch.nn.Conv2d;
import panatorch.nn.Dropout;
import panatorch.nn.Flatten;
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;

/** Programs recorded in Java; {@code ExportToPythonTest} of native-tests loads them in Python. */
@NoTensorLeaks
class ExporterTest {
    @TempDir
    Path folder;

    /** A module of one line. */
    private static final class Formula extends Module {
        private final UnaryOperator<Tensor> formula;

        Formula(UnaryOperator<Tensor> formula) { this.formula = formula; }

        @Override public Tensor forward(Tensor input) { return formula.apply(input); }
    }

    private static ExportedProgram exported(UnaryOperator<Tensor> formula, long... shape) {
        return Exporter.of(new Formula(formula)).dynamic(0, 0, "batch").export(Torch.randn(shape));
    }

    private static void assertSame(UnaryOperator<Tensor> formula, ExportedProgram program, long... shape) {
        Tensor x = Torch.randn(shape);
        assertThat(program.call(x).torchEquals(formula.apply(x))).as(() -> program.code()).isTrue();
    }

    private static Sequential network() {
        return new Sequential(new Conv2d(3, 4, 3), new BatchNorm2d(4), new ReLU(), new Dropout(0.5), new Flatten(), new Linear(144, 5));
    }

    @Test void sizes_are_those_of_the_inputs_of_a_run() {
        List<UnaryOperator<Tensor>> formulas = List.of(
                x -> x.view(x.size(0) * x.size(1), -1),
                x -> x.add((double) 1).mul(x.size(0)),
                x -> Aten.arange(4 * x.size(0) * x.size(1) + 3),
                x -> x.narrow(0, x.size(0) - 2, 2),
                x -> Aten.cat(List.of(x, Torch.ones(x.size(0), 3, 2)), -1));
        try (var scope = Scope.open()) {
            for (UnaryOperator<Tensor> f : formulas) {
                try (ExportedProgram program = exported(f, 2, 3, 4)) {
                    for (long batch : new long[] {2, 5, 64}) assertSame(f, program, batch, 3, 4);
                }
            }
        }
    }

    @Test void two_sizes_of_two_inputs_are_told_apart() {
        var module = new Module() {
            @Override public List<Tensor> forwardAll(List<? extends Tensor> inputs) {
                Tensor x = inputs.get(0), y = inputs.get(1);
                return List.of(x.matmul(y).reshape(x.size(0) * y.size(1), 1), x.sum());
            }
        };
        try (var scope = Scope.open(); ExportedProgram program = Exporter.of(module).names("left", "right").dynamic(0, 0, "rows")
                .dynamic(1, 1, "columns", 1, 100).export(Torch.randn(3, 4), Torch.randn(4, 2))) {
            assertThat(program.signature().inputs().toString()).contains("name=left, dtype=float32, dims=[s0, 4]")
                    .contains("name=right, dtype=float32, dims=[4, s1]");
            Tensor x = Torch.randn(6, 4), y = Torch.randn(4, 9);
            Outputs outputs = program.run(Inputs.named("left", x).and("right", y));
            assertThat(outputs.tensor(0).torchEquals(x.matmul(y).reshape(54, 1))).isTrue();
            assertThat(outputs.tensor(1).torchEquals(x.sum())).isTrue();
            assertThatThrownBy(() -> program.run(x, Torch.randn(4, 101))).hasMessageContaining("101");
        }
    }

    @Test void a_saved_program_is_loaded_with_its_weights_and_extra_files() throws Exception {
        Path file = folder.resolve("net.pt2");
        try (var scope = Scope.open(); var net = network().eval(); var noGrad = NoGrad.enter()) {
            Tensor x = Torch.randn(2, 3, 8, 8), y = net.call(x);
            try (ExportedProgram program = Exporter.of(net).dynamic(0, 0, "batch").export(x)) {
                program.save(file, Map.of("labels.txt", "cat".getBytes(StandardCharsets.UTF_8)));
            }
            try (ExportedProgram loaded = ExportedProgram.load(file)) {
                assertThat(loaded.call(x).torchEquals(y)).isTrue();
                assertThat(loaded.stateDict().keySet()).isEqualTo(net.stateDict().keySet());
                assertThat(loaded.extraFiles().get("labels.txt")).asString(StandardCharsets.UTF_8).isEqualTo("cat");
                loaded.parameters().getLast().add_(1);
                loaded.save(folder.resolve("changed.pt2"));
            }
            try (ExportedProgram changed = ExportedProgram.load(folder.resolve("changed.pt2"))) {
                assertThat(Aten.allclose(changed.call(x), y.add(1), 1e-6, 1e-6, false)).isTrue();
            }
        }
    }

    @Test void programs_of_python_are_saved_again_with_other_weights() throws Exception {
        for (String name : Programs.names()) {
            if (name.equals("ascan")) continue; // which is refused
            try (var scope = Scope.open(); var program = Programs.load(name); var noGrad = NoGrad.enter()) {
                if (program.parameters().isEmpty()) continue;
                program.parameters().forEach(p -> p.mul_(0.5));
                program.save(folder.resolve("again.pt2"));
                try (var again = ExportedProgram.load(folder.resolve("again.pt2"))) {
                    assertThat(again.code()).as(name).isEqualTo(program.code());
                    assertThat(again.signature()).as(name).isEqualTo(program.signature());
                    again.stateDict().forEach((key, t) -> assertThat(t.torchEquals(program.stateDict().get(key))).as(key).isTrue());
                }
            }
        }
    }

    @Test void a_program_of_a_module_in_training_mode_trains_and_shares_the_modules_weights() {
        try (var scope = Scope.open(); var net = network(); ExportedProgram program = Exporter.of(net).dynamic(0, 0, "batch")
                .export(Torch.randn(2, 3, 8, 8))) {
            assertThat(program.isTraining()).isTrue();
            Tensor x = Torch.randn(4, 3, 8, 8);
            Torch.manualSeed(5);
            Tensor loss = program.call(x).square().sum();
            loss.backward();
            Torch.manualSeed(5);
            net.call(x).square().sum().backward();
            var own = net.namedParameters();
            program.namedParameters().forEach((name, p) -> assertThat(p.grad().torchEquals(own.get(name).grad())).as(name).isTrue());
            try (var noGrad = NoGrad.enter()) {
                own.get("5.bias").fill_(7);
            }
            assertThat(program.namedParameters().get("5.bias").min().itemDouble()).isEqualTo(7);
            net.zeroGrad();
        }
    }

    @Test void exporting_draws_no_random_numbers_and_changes_no_buffers() {
        try (var scope = Scope.open(); var net = network(); var random = Generator.global()) {
            Tensor state = random.state(), mean = net.namedBuffers().get("1.running_mean").clone();
            Exporter.of(net).dynamic(0, 0, "batch").export(Torch.fromBlob(java.lang.foreign.Arena.ofAuto().allocate(4 * 2 * 3 * 64, 8),
                    panatorch.DType.FLOAT32, 2, 3, 8, 8)).close();
            assertThat(random.state().torchEquals(state)).isTrue();
            assertThat(net.namedBuffers().get("1.running_mean").torchEquals(mean)).isTrue();
        }
    }

    @Test void one_tensor_given_twice_is_two_inputs() {
        var module = new Module() {
            @Override public List<Tensor> forwardAll(List<? extends Tensor> inputs) { return List.of(inputs.get(0).sub(inputs.get(1))); }
        };
        try (var scope = Scope.open()) {
            Tensor x = Torch.randn(3), y = Torch.randn(3);
            try (ExportedProgram program = Exporter.of(module).export(x, x)) {
                assertThat(program.run(x, y).tensor(0).torchEquals(x.sub(y))).isTrue();
            }
        }
    }

    @Test void tensors_made_of_javas_numbers_are_constants() {
        UnaryOperator<Tensor> formula = x -> x.add(Torch.tensor(new float[] {1, 2, 3}));
        try (var scope = Scope.open(); ExportedProgram program = exported(formula, 2, 3)) {
            assertSame(formula, program, 4, 3);
        }
    }

    private static void assertRefused(UnaryOperator<Tensor> formula, String message) {
        try (var scope = Scope.open()) {
            assertThatThrownBy(() -> exported(formula, 2, 3)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("the module cannot be exported: ").hasMessageContaining(message);
        }
    }

    @Test void what_a_recording_cannot_say_is_refused_with_the_line() {
        assertRefused(x -> x.sum().itemDouble() > 0 ? x : x.neg(), "aten::item has a result that depends on the values");
        assertRefused(x -> x.mul(x.toFloatArray()[0]), "Java reads the values of a tensor");
        assertRefused(x -> x.mul(Torch.rand(1).toFloatArray()[0]), "Java reads the values of a tensor");
        assertRefused(x -> Aten.nonzero(x),
                "aten::nonzero has a result that depends on the values of tensors (\"ExporterTest.java\", line");
        assertRefused(x -> Aten.equal(x, x) ? x : x.neg(), "aten::equal");
        assertRefused(x -> x.size(0) > 2 ? x : x.neg(), "it calls other operators for inputs of other sizes");
        assertRefused(x -> x.reshape(-1).slice(0, 0L, x.size(0) * x.size(0), 1), "are no sum of products of the");
        assertRefused(x -> x.add(Torch.tensor((double) x.size(0))), "it makes a tensor from Java's memory");
        assertRefused(x -> x.mul(1.0 / x.size(0)), "an argument is");
        try (var scope = Scope.open(); var own = Generator.of(1)) {
            assertRefused(x -> Aten.bernoulli(x.sigmoid(), own), "let it draw from the default generator");
        }
    }

    @Test void wrong_declarations_are_refused() {
        var module = new Formula(x -> x);
        try (var scope = Scope.open()) {
            Tensor x = Torch.randn(2, 3);
            assertThatThrownBy(() -> Exporter.of(module).dynamic(0, 2, "batch").export(x))
                    .hasMessage("there is no dimension 2 of input 0 for 'batch'");
            assertThatThrownBy(() -> Exporter.of(module).dynamic(0, 0, "n").dynamic(0, 1, "n").export(x))
                    .hasMessage("the examples have two sizes for 'n': 2 and 3");
            assertThatThrownBy(() -> Exporter.of(module).dynamic(0, 0, "n", 2, 3).export(x)).hasMessageContaining("fewer than three sizes");
            assertThatThrownBy(() -> Exporter.of(module).names("1x")).hasMessage("'1x' is not a name in Python");
        }
    }
}
