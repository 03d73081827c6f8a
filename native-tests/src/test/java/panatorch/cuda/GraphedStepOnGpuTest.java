package panatorch.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import panatorch.DType;
import panatorch.MemoryFormat;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.TorchException;
import panatorch.amp.GradScaler;
import panatorch.amp.Precision;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.Module;
import panatorch.optim.AdamW;
import panatorch.optim.Optimizer;
import panatorch.optim.SGD;
import panatorch.train.GraphedStep;
import panatorch.train.Objective;

@Gpu
@NoTensorLeaks
class GraphedStepOnGpuTest {
    private static final int STEPS = 10, ROWS = 16;
    private static final Function<Module, Optimizer> SGD_WITH_MOMENTUM =
            m -> new SGD(m.parameters(), SGD.options(0.0625).momentum(0.5).fused(true)),
            ADAM_W = m -> new AdamW(m.parameters(), AdamW.options(0.0078125).fused(true));

    private AutoCloseable exactly;

    @BeforeEach void the_same_bits_each_time() { exactly = Gpus.exactly(); }

    @AfterEach void as_before() throws Exception { exactly.close(); }

    /**
     * The result of a training.
     *
     * @param weights at the end
     * @param losses of every step
     */
    private record Trained(List<float[]> weights, List<Float> losses) {}

    private interface Steps {
        float loss(Tensor input, Tensor target);
    }

    private static Trained train(Module model, Optimizer optimizer, Steps steps) {
        var losses = new ArrayList<Float>();
        try (var scope = Scope.open()) {
            Tensor images = Gpus.images(4 * ROWS), labels = Gpus.labels(4 * ROWS);
            Torch.manualSeed(11);
            for (int i = 0; i < STEPS; i++) {
                try (var step = Scope.open()) {
                    losses.add(steps.loss(images.narrow(0, i % 4 * ROWS, ROWS), labels.narrow(0, i % 4 * ROWS, ROWS)));
                }
                if (i == 6) optimizer.setLearningRate(optimizer.learningRate() / 2);
            }
        }
        return new Trained(Gpus.values(model), losses);
    }

    private static Trained eagerly(double p, Function<Module, Optimizer> optimizers, Precision precision, boolean last) {
        try (var model = Gpus.net(p); var optimizer = optimizers.apply(model)) {
            if (last) model.to(MemoryFormat.CHANNELS_LAST);
            return train(model, optimizer, (input, target) -> {
                optimizer.zeroGrad();
                Tensor x = input.to(Gpus.FIRST);
                Objective.Result r;
                try (var cast = precision.enter(Gpus.FIRST)) {
                    r = Gpus.CLASSIFICATION.apply(model, last ? x.contiguous(MemoryFormat.CHANNELS_LAST) : x, target.to(Gpus.FIRST));
                }
                r.loss().backward();
                optimizer.step();
                return r.loss().itemFloat();
            });
        }
    }

    private static Trained graphed(double p, Function<Module, Optimizer> optimizers, GraphedStep.Options options) {
        try (var model = Gpus.net(p); var optimizer = optimizers.apply(model)) {
            if (options.format() instanceof MemoryFormat format) model.to(format);
            try (var step = new GraphedStep(model, optimizer, Gpus.CLASSIFICATION, options)) {
                Trained trained = train(model, optimizer, (input, target) -> step.run(input, target).loss().itemFloat());
                assertThat(step.isRecorded()).isTrue();
                return trained;
            }
        }
    }

    private static void assertSameBits(Trained actual, Trained expected) {
        assertThat(actual.losses).isEqualTo(expected.losses);
        for (int i = 0; i < expected.weights.size(); i++) assertThat(actual.weights.get(i)).isEqualTo(expected.weights.get(i));
    }

    @ParameterizedTest
    @CsvSource({"0, false", "0.3, false", "0, true", "0.3, true"}) void replays_train_bit_for_bit_as_eager_steps_do(double p,
            boolean adamW) {
        Function<Module, Optimizer> optimizers = adamW ? ADAM_W : SGD_WITH_MOMENTUM;
        assertSameBits(graphed(p, optimizers, GraphedStep.options()), eagerly(p, optimizers, Precision.FP32, false));
    }

    @Test void so_they_do_in_bfloat16_and_channels_last() {
        assertSameBits(graphed(0.3, SGD_WITH_MOMENTUM, GraphedStep.options().precision(Precision.BF16).format(MemoryFormat.CHANNELS_LAST)),
                eagerly(0.3, SGD_WITH_MOMENTUM, Precision.BF16, true));
    }

    @Test void in_float16_the_scaler_decides_on_the_gpu() {
        try (var model = Gpus.net(0); var optimizer = SGD_WITH_MOMENTUM.apply(model);
                var scaler = new GradScaler(GradScaler.options().initScale(1024));
                var step = new GraphedStep(model, optimizer, Gpus.CLASSIFICATION,
                        GraphedStep.options().precision(new Precision(DType.FLOAT16, "asked for")).scaler(scaler));
                var scope = Scope.open()) {
            Tensor x = Gpus.images(ROWS), y = Gpus.labels(ROWS);
            float first = step.run(x, y).loss().itemFloat();
            for (int i = 0; i < 20; i++) step.run(x, y);
            assertThat(step.isRecorded()).isTrue();
            assertThat(step.run(x, y).loss().itemFloat()).isLessThan(first);
            assertThat(scaler.currentScale()).isEqualTo(1024);
            // batch norm keeps running statistics of what it sees, so only what is trained is compared
            List<float[]> before = model.parameters().stream().map(Tensor::toFloatArray).toList();
            step.run(x.mul(Float.POSITIVE_INFINITY), y);
            assertThat(scaler.currentScale()).isEqualTo(512);
            for (int i = 0; i < before.size(); i++) assertThat(model.parameters().get(i).toFloatArray()).isEqualTo(before.get(i));
        }
    }

    @Test void neither_an_eager_nor_a_recorded_step_waits_for_the_gpu() {
        try (var model = Gpus.net(0.3); var optimizer = ADAM_W.apply(model);
                var step = new GraphedStep(model, optimizer, Gpus.CLASSIFICATION, GraphedStep.options().warmUp(2));
                var scope = Scope.open()) {
            Tensor x = Gpus.images(ROWS).to(Gpus.FIRST), y = Gpus.labels(ROWS).to(Gpus.FIRST);
            step.run(x, y); // libraries start
            Cuda.setSyncDebugMode(Cuda.SyncDebugMode.ERROR);
            try {
                step.run(x, y);
                assertThat(step.isRecorded()).isFalse();
                Cuda.setSyncDebugMode(Cuda.SyncDebugMode.DEFAULT);
                step.run(x, y); // libtorch waits itself when a capture begins
                assertThat(step.isRecorded()).isTrue();
                Cuda.setSyncDebugMode(Cuda.SyncDebugMode.ERROR);
                step.run(x, y);
                assertThatThrownBy(() -> step.run(x, y).loss().itemFloat()).as("that it is found").isInstanceOf(TorchException.class)
                        .hasMessageContaining("synchronizing");
            } finally {
                Cuda.setSyncDebugMode(Cuda.SyncDebugMode.DEFAULT);
            }
        }
    }

    @Test void a_step_that_waits_is_refused_when_it_is_recorded_and_the_model_is_trained_on() {
        var reads = new boolean[] {true};
        Objective objective = (model, input, target) -> {
            Objective.Result r = Gpus.CLASSIFICATION.apply(model, input, target);
            if (reads[0]) r.loss().itemFloat();
            return r;
        };
        try (var model = Gpus.net(0.3); var optimizer = SGD_WITH_MOMENTUM.apply(model);
                var step = new GraphedStep(model, optimizer, objective, GraphedStep.options().warmUp(1)); var scope = Scope.open()) {
            Tensor x = Gpus.images(ROWS), y = Gpus.labels(ROWS);
            step.run(x, y);
            List<float[]> before = Gpus.values(model);
            assertThatThrownBy(() -> step.run(x, y)).isInstanceOf(TorchException.class);
            assertThat(step.isRecorded()).isFalse();
            List<float[]> after = Gpus.values(model);
            for (int i = 0; i < before.size(); i++) assertThat(after.get(i)).isEqualTo(before.get(i));
            reads[0] = false;
            assertThat(step.run(x, y).loss().itemFloat()).isFinite();
            assertThat(step.isRecorded()).isTrue();
        }
    }

    @Test void closing_frees_what_it_took() {
        Cuda.emptyCache();
        long before = Cuda.memory(Gpus.FIRST).allocatedBytes().current();
        for (int i = 0; i < 3; i++) graphed(0.3, ADAM_W, GraphedStep.options());
        Cuda.synchronize(Gpus.FIRST);
        assertThat(Cuda.memory(Gpus.FIRST).allocatedBytes().current() - before)
                .as("bytes but for workspaces that libraries keep, of cuBLAS 32 MiB a stream at most").isLessThan(200L << 20);
    }
}
