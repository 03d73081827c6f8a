package panatorch.nn.dropout.distillation;

import panatorch.Tensor;
import panatorch.nn.Module;
import panatorch.optim.LRScheduler;
import panatorch.optim.MultiStepLR;
import panatorch.optim.Optimizer;
import panatorch.optim.SGD;

/**
 * The training schedule of Bulò et al., 2016, section 5: SGD with momentum 0.9, 20 epochs at the baseline's last learning rate and 10 at a
 * tenth of it.
 */
public final class PaperSchedule {
    public static final int EPOCHS = 30;
    private static final int LAST_RATE = 20;

    private PaperSchedule() {}

    /** Returns the scheduler, to be stepped after every epoch. It starts at the optimiser's learning rate. */
    public static LRScheduler of(Optimizer optimizer) {
        return new MultiStepLR(optimizer, 0.1, LAST_RATE);
    }

    /**
     * Creates the optimiser for all parameters that are not frozen. It has no weight decay: the paper uses L2 regularisation but does not
     * give its coefficient.
     *
     * @param lastRate the baseline's last learning rate
     */
    public static SGD optimizer(Module student, double lastRate) {
        return new SGD(student.parameters().stream().filter(Tensor::requiresGrad).toList(), SGD.options(lastRate).momentum(0.9));
    }
}
