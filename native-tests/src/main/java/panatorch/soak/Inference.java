package panatorch.soak;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import panatorch.InferenceMode;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.nn.Module;

/**
 * A model in evaluation mode that many threads share, with its answers for some inputs, computed beforehand by one thread. It is replaced
 * and closed while the threads use it, as in a server that reloads its model. A call of the closed model completes or is refused, and a
 * refused call is repeated.
 */
final class Inference implements AutoCloseable {
    private static final int INPUTS = 50;
    /** The tolerance of answers: sums depend on the number of threads, which is smaller while others call. */
    private static final float TOLERANCE = 1e-4f;

    private final AtomicReference<Module> model = new AtomicReference<>(SmallTraining.model().eval());
    private final List<Tensor> inputs = new ArrayList<>();
    private final List<float[]> answers = new ArrayList<>();
    private final AtomicLong refused = new AtomicLong();

    Inference() {
        for (int i = 0; i < INPUTS; i++) inputs.add(Torch.randn(1, 3, 32, 32));
        for (Tensor x : inputs) answers.add(answer(x));
    }

    private float[] answer(Tensor x) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            return model.get().call(x).toFloatArray();
        }
    }

    private float[] answerInInferenceMode(Tensor x) {
        try (var scope = Scope.open(); var inference = InferenceMode.enter()) {
            return model.get().call(x).toFloatArray();
        }
    }

    /** Replaces the model by another one with the same weights, and closes the old one at once. */
    void reload() {
        try (var scope = Scope.open()) {
            model.getAndSet(Module.copyOf(model.get())).close();
        }
    }

    /** Returns the number of calls that a closed model refused. */
    long refused() { return refused.get(); }

    /**
     * Runs one forward pass and checks the answer.
     *
     * @throws IllegalStateException if the answer differs from the first one
     */
    void check(RandomGenerator random) {
        int i = random.nextInt(INPUTS);
        float[] y = null;
        while (y == null) {
            try {
                y = random.nextBoolean() ? answer(inputs.get(i)) : answerInInferenceMode(inputs.get(i));
            } catch (IllegalStateException e) {
                if (e.getMessage() == null || !e.getMessage().contains("closed")) throw e;
                refused.incrementAndGet();
            }
        }
        float[] right = answers.get(i);
        for (int k = 0; k < right.length; k++) {
            if (Math.abs(y[k] - right[k]) > TOLERANCE * (1 + Math.abs(right[k])))
                throw new IllegalStateException(
                        "The model answered " + Arrays.toString(y) + " to input " + i + ", and before " + Arrays.toString(right) + ".");
        }
    }

    @Override public void close() {
        inputs.forEach(Tensor::close);
        model.get().close();
    }
}
