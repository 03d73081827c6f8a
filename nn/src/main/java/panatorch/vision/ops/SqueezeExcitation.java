package panatorch.vision.ops;

import java.util.function.Supplier;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.nn.AdaptiveAvgPool2d;
import panatorch.nn.Conv2d;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.Sigmoid;

/**
 * Squeeze and excitation (Hu et al., 2017, arXiv:1709.01507): multiplies each channel by a factor that two 1×1 convolutions compute from
 * the means of all channels. [N, C, H, W] → the same shape.
 */
public final class SqueezeExcitation extends Module {
    private final long inputChannels, squeezeChannels;
    private final Supplier<? extends Module> activationMaker, scaleMaker;
    private Module avgpool, fc1, fc2, activation, scaleActivation;

    /** Creates the layer with a ReLU between the convolutions and a sigmoid behind them. */
    public SqueezeExcitation(long inputChannels, long squeezeChannels) {
        this(inputChannels, squeezeChannels, ReLU::new, Sigmoid::new);
    }

    /**
     * Creates the layer.
     *
     * @param squeezeChannels number of channels between the convolutions
     * @param activation creates the activation between the convolutions
     * @param scaleActivation creates the activation behind them
     */
    public SqueezeExcitation(long inputChannels, long squeezeChannels, Supplier<? extends Module> activation,
            Supplier<? extends Module> scaleActivation) {
        this.inputChannels = inputChannels;
        this.squeezeChannels = squeezeChannels;
        activationMaker = activation;
        scaleMaker = scaleActivation;
        avgpool = child("avgpool", new AdaptiveAvgPool2d(1));
        fc1 = child("fc1", new Conv2d(inputChannels, squeezeChannels, 1));
        fc2 = child("fc2", new Conv2d(squeezeChannels, inputChannels, 1));
        this.activation = child("activation", activation.get());
        this.scaleActivation = child("scale_activation", scaleActivation.get());
    }

    @Override public Tensor forward(Tensor input) {
        try (var scope = Scope.open()) {
            Tensor squeezed = activation.call(fc1.call(avgpool.call(input)));
            return scope.move(scaleActivation.call(fc2.call(squeezed)).mul(input));
        }
    }

    @Override protected Module recreate() { return new SqueezeExcitation(inputChannels, squeezeChannels, activationMaker, scaleMaker); }
}
