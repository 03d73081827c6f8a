package panatorch.apps.options;

import java.util.List;
import panatorch.Tensor;
import panatorch.optim.ASGD;
import panatorch.optim.Adadelta;
import panatorch.optim.Adagrad;
import panatorch.optim.Adam;
import panatorch.optim.AdamW;
import panatorch.optim.Adamax;
import panatorch.optim.Adan;
import panatorch.optim.LAMB;
import panatorch.optim.Lion;
import panatorch.optim.NAdam;
import panatorch.optim.Optimizer;
import panatorch.optim.RAdam;
import panatorch.optim.RMSprop;
import panatorch.optim.SGD;

/** {@code --optimizer}: the optimisers, with their usual learning rate and weight decay. */
public enum OptimizerName {
    SGD(0.05, 5e-4), ADAM(1e-3, 0), ADAMW(1e-3, 1e-2), NADAM(1e-3, 0), RADAM(1e-3, 0), ADAMAX(2e-3, 0), RMSPROP(1e-3, 0), ADAGRAD(1e-2, 0),
    ADADELTA(1, 0), ASGD(1e-2, 0), LION(1e-4, 0), LAMB(1e-3, 1e-2), ADAN(1e-3, 0);

    public final double lr, weightDecay;

    OptimizerName(double lr, double weightDecay) {
        this.lr = lr;
        this.weightDecay = weightDecay;
    }

    boolean hasMomentum() { return this == SGD || this == RMSPROP; }

    /** Creates the optimiser; the caller closes it. */
    Optimizer over(List<Tensor> parameters, double rate, double momentum, double decay) {
        return switch (this) {
            case SGD -> new SGD(parameters,
                    panatorch.optim.SGD.options(rate).momentum(momentum).nesterov(momentum > 0).weightDecay(decay).fused(true));
            case ADAM -> new Adam(parameters, Adam.options(rate).weightDecay(decay).fused(true));
            case ADAMW -> new AdamW(parameters, AdamW.options(rate).weightDecay(decay).fused(true));
            case NADAM -> new NAdam(parameters, NAdam.options(rate).weightDecay(decay));
            case RADAM -> new RAdam(parameters, RAdam.options(rate).weightDecay(decay));
            case ADAMAX -> new Adamax(parameters, Adamax.options(rate).weightDecay(decay));
            case RMSPROP -> new RMSprop(parameters, RMSprop.options(rate).weightDecay(decay).momentum(momentum));
            case ADAGRAD -> new Adagrad(parameters, Adagrad.options(rate).weightDecay(decay));
            case ADADELTA -> new Adadelta(parameters, Adadelta.options(rate).weightDecay(decay));
            case LION -> new Lion(parameters, Lion.options(rate).weightDecay(decay));
            case LAMB -> new LAMB(parameters, panatorch.optim.LAMB.options(rate).weightDecay(decay));
            case ADAN -> new Adan(parameters, Adan.options(rate).weightDecay(decay));
            case ASGD -> new ASGD(parameters, panatorch.optim.ASGD.options(rate).weightDecay(decay));
        };
    }

    @Override public String toString() { return Names.of(this); }
}
