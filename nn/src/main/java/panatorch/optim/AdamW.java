package panatorch.optim;

import java.util.List;
import panatorch.Tensor;

/** {@link Adam} with decoupled weight decay, {@code w ← w − ηλw} (Loshchilov and Hutter 2017, arXiv:1711.05101). */
public final class AdamW extends Optimizer {
    /** Returns options with PyTorch's learning rate, 0.001. */
    public static Adam.Options options() { return options(1e-3); }

    /** Returns options with a learning rate and weight decay 0.01. */
    public static Adam.Options options(double lr) {
        return Adam.options(lr).weightDecay(1e-2).decoupledWeightDecay(true);
    }

    public AdamW(List<Tensor> parameters, Adam.Options options) { super(parameters, options, PYTHON); }

    @Override protected void update(ParameterBucket bucket) {
        Adam.update(bucket, bucket.options(Adam.Options.class).decoupledWeightDecay(true));
    }
}
