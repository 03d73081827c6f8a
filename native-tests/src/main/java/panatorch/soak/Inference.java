package panatorch.soak;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import panatorch.InferenceMode;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.nn.Module;

/** A model in evaluation mode that many threads share, with its answers for some inputs, found beforehand by one thread. */
final class Inference implements AutoCloseable {
    private static final int INPUTS = 50;

    private final Module model = SmallTraining.model();
    private final List<Tensor> inputs = new ArrayList<>();
    private final List<float[]> answers = new ArrayList<>();

    Inference() {
        model.eval();
        for (int i = 0; i < INPUTS; i++) inputs.add(Torch.randn(1, 3, 32, 32));
        for (Tensor x : inputs) answers.add(answer(x));
    }

    private float[] answer(Tensor x) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            return model.call(x).toFloatArray();
        }
    }

    private float[] answerInInferenceMode(Tensor x) {
        try (var scope = Scope.open(); var inference = InferenceMode.enter()) {
            return model.call(x).toFloatArray();
        }
    }

    /** One forward pass. @throws IllegalStateException if its bits are not those of the first time */
    void check(RandomGenerator random) {
        int i = random.nextInt(INPUTS);
        float[] y = random.nextBoolean() ? answer(inputs.get(i)) : answerInInferenceMode(inputs.get(i));
        if (!Arrays.equals(y, answers.get(i))) throw new IllegalStateException("The model answered " + Arrays.toString(y) + " to input " + i + ", and before " + Arrays.toString(answers.get(i)) + ".");
    }

    @Override public void close() {
        inputs.forEach(Tensor::close);
        model.close();
    }
}
