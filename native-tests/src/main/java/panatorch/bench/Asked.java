package panatorch.bench;

import java.util.Locale;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Linalg;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.nn.LSTM;
import panatorch.nn.Module;

/** The requests that many callers make at once; {@code many_callers.py} has the same. */
enum Asked {
    MLP(() -> net(Net.MLP, 32)),
    RESNET18(() -> net(Net.RESNET18, 1)),
    BERT(() -> net(Net.BERT, 1)),
    LSTM(Asked::lstm),
    INV(() -> new Question(Linalg::inv, Torch.eye(200).mul(200).add(Torch.randn(200, 200)), null)),
    ATTENTION(() -> new Question(x -> Aten.scaledDotProductAttention(x, x, x), Torch.randn(1, 4, 256, 64), null));

    /**
     * One request.
     *
     * @param input the input, the same for all callers
     * @param learner makes a network of the same kind, in training mode, that is trained meanwhile; null if there is none
     */
    record Question(UnaryOperator<Tensor> answer, Tensor input, @Nullable Supplier<Module> learner) {}

    private final Supplier<Question> make;

    Asked(Supplier<Question> make) { this.make = make; }

    static Asked named(String name) { return valueOf(name.toUpperCase(Locale.ROOT)); }

    /** Makes the request. Its tensors belong to the current scope, or live as long as the process. */
    Question question() {
        Torch.manualSeed(1);
        return make.get();
    }

    private static Question net(Net net, int examples) {
        var model = net.model().eval();
        return new Question(model::call, net.input(net.examples(examples)), net::model);
    }

    private static Question lstm() {
        var lstm = new LSTM(64, 128);
        try (var scope = Scope.open()) {
            SeededWeights.fill(lstm);
        }
        lstm.eval();
        return new Question(lstm::call, Torch.randn(16, 4, 64), null);
    }
}
