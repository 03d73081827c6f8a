package panatorch.models;

import java.util.function.Supplier;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.nn.BatchNorm2d;
import panatorch.nn.Conv2d;
import panatorch.nn.Module;
import panatorch.nn.Sequential;

/**
 * The building block of all ResNets: {@code relu(shortcut(x) + convolutions(x))}, [N, Cin, H, W] → [N, Cout, H/stride, W/stride]. Batch
 * normalisation {@code bn1}, {@code bn2} … follows every convolution {@code conv1}, {@code conv2} …, and a ReLU follows all but the last.
 */
final class ResidualBlock extends Module {
    private final String shortcutName;
    private final Supplier<Module> shortcutMaker;
    private final Conv2d.Options[] options;
    private final Module[] convolutions, norms;
    private Module shortcut;

    /**
     * Creates a block.
     *
     * @param shortcut creates the shortcut after the convolutions, because its weights are drawn after theirs
     */
    ResidualBlock(String shortcutName, Supplier<Module> shortcut, Conv2d.Options... options) {
        this.shortcutName = shortcutName;
        this.shortcutMaker = shortcut;
        this.options = options;
        convolutions = new Module[options.length];
        norms = new Module[options.length];
        for (int i = 0; i < options.length; i++) {
            convolutions[i] = child("conv" + (i + 1), new Conv2d(options[i]));
            norms[i] = child("bn" + (i + 1), new BatchNorm2d(options[i].out()));
        }
        this.shortcut = child(shortcutName, shortcut.get());
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
                Tensor convolved = convolutions[i].call(x);
                if (convolved != x) scope.free(x);
                x = norms[i].call(convolved);
                if (x != convolved) scope.free(convolved);
                if (i < norms.length - 1) x = x.relu_();
            }
            return scope.move(x.add_(shortcut.call(input)).relu_());
        }
    }

    @Override protected Module recreate() { return new ResidualBlock(shortcutName, shortcutMaker, options); }
}
