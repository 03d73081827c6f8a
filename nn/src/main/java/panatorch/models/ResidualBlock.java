package panatorch.models;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.nn.BatchNorm2d;
import panatorch.nn.Conv2d;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;

/**
 * The building block of all ResNets: {@code relu(shortcut(x) + convolutions(x))}, [N, Cin, H, W] → [N, Cout, H/stride, W/stride]. Batch
 * normalisation {@code bn1}, {@code bn2} … follows every convolution {@code conv1}, {@code conv2} …, and {@code relu} follows all but the
 * last, and the sum. Children are torchvision's, in its order.
 */
final class ResidualBlock extends Module {
    private final String shortcutName;
    private final Supplier<? extends @Nullable Module> shortcutMaker;
    private final Conv2d.Options[] options;
    private final Module[] convolutions, norms;
    private Module relu;
    private @Nullable Module shortcut;

    /**
     * Creates a block.
     *
     * @param shortcut creates the shortcut after the convolutions, because its weights are drawn after theirs; null is none
     */
    ResidualBlock(String shortcutName, Supplier<? extends @Nullable Module> shortcut, Conv2d.Options... options) {
        this.shortcutName = shortcutName;
        this.shortcutMaker = shortcut;
        this.options = options;
        convolutions = new Module[options.length];
        norms = new Module[options.length];
        relu = new ReLU(true);
        for (int i = 0; i < options.length; i++) {
            convolutions[i] = child("conv" + (i + 1), new Conv2d(options[i]));
            norms[i] = child("bn" + (i + 1), new BatchNorm2d(options[i].out()));
            if (i == (options.length == 2 ? 0 : 2)) child("relu", relu);
        }
        Module made = shortcut.get();
        this.shortcut = made == null ? null : child(shortcutName, made);
    }

    static Conv2d.Options conv1x1(long in, long out, long stride) { return Conv2d.options(in, out, 1).stride(stride).bias(false); }

    static Conv2d.Options conv3x3(long in, long out, long stride) {
        return Conv2d.options(in, out, 3).stride(stride).padding(1).bias(false);
    }

    /** Returns the shortcut for differing shapes: a 1×1 convolution and batch normalisation. */
    static Module projection(long in, long out, long stride) {
        return new Sequential(new Conv2d(conv1x1(in, out, stride)), new BatchNorm2d(out));
    }

    @Override public Tensor forward(Tensor input) {
        try (var scope = Scope.open()) {
            Tensor x = input;
            for (int i = 0; i < norms.length; i++) {
                x = instead(scope, x, convolutions[i].call(x));
                x = instead(scope, x, norms[i].call(x));
                if (i < norms.length - 1) x = instead(scope, x, relu.call(x));
            }
            Module side = shortcut;
            return scope.move(relu.call(x.add_(side == null ? input : side.call(input))));
        }
    }

    /** Frees a tensor of the scope that another one has replaced, and returns that one. */
    private static Tensor instead(Scope scope, Tensor before, Tensor now) {
        if (now != before) scope.free(before);
        return now;
    }

    @Override protected Module recreate() { return new ResidualBlock(shortcutName, shortcutMaker, options); }
}
