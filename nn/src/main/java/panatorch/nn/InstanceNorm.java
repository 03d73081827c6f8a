package panatorch.nn;

import java.util.Set;
import panatorch.Aten;
import panatorch.Tensor;

/**
 * Instance normalisation (Ulyanov et al., 2016, arXiv:1607.08022): normalises each channel of each sample by its own mean and biased
 * variance, or in evaluation by running averages if they are tracked. Parameters and buffers are those of {@link BatchNorm}.
 */
public abstract sealed class InstanceNorm extends Module permits InstanceNorm1d, InstanceNorm2d, InstanceNorm3d {
    final NormOptions options;
    private final int dims;

    InstanceNorm(NormOptions o, int dims) {
        options = o;
        this.dims = dims;
        BatchNorm.register(this, o);
    }

    /**
     * Normalises the input.
     *
     * @throws IllegalArgumentException if the input has a wrong number of dimensions, or, with weights, of channels, or, in training, only
     * one element a channel
     */
    @Override public final Tensor forward(Tensor input) {
        boolean single = input.dim() == dims + 1;
        if (!single && input.dim() != dims + 2)
            throw new IllegalArgumentException(
                    name() + " takes " + (dims + 1) + " or " + (dims + 2) + " dimensions, not " + input.describe());
        if (options.affine() && input.size(-dims - 1) != options.channels())
            throw new IllegalArgumentException(
                    name() + " has " + options.channels() + " channels, which the input does not have: " + input.describe());
        Tensor mean = bufferOrNull("running_mean");
        if (isTraining() || mean == null) Sizes.moreThanOne(input.flatten(-dims, -1).size(-1), "spatial element", input);
        Double momentum = options.momentum();
        Tensor y = Aten.instanceNorm(single ? input.unsqueeze(0) : input, parameterOrNull("weight"), parameterOrNull("bias"), mean,
                bufferOrNull("running_var"),
                isTraining() || mean == null, momentum == null ? 0 : momentum, options.eps(), true);
        return single ? y.squeeze(0) : y;
    }

    /** PyTorch before 0.4.1 did not count batches. */
    @Override final Set<String> optionalKeys() { return BatchNorm.UNCOUNTED; }

    @Override protected String describe() { return options.describe(parameterOrNull("bias") != null); }
}
