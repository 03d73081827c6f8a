package panatorch.nn.dropout.distillation;

import panatorch.Tensor;
import panatorch.nn.Module;
import panatorch.optim.LRScheduler;
import panatorch.optim.MultiStepLR;
import panatorch.optim.Optimizer;
import panatorch.optim.SGD;

/** How Bulò et al., 2016, section 5, distil every network: 20 epochs at the baseline's last learning rate, 10 at a tenth of it; SGD with momentum 0.9. */
public final class PaperSchedule {
    public static final int EPOCHS = 30;
    private static final int LAST_RATE = 20;

    private PaperSchedule() {}

    /** To be stepped after every epoch; begins at the rate that the optimiser has. */
    public static LRScheduler of(Optimizer optimizer) { return new MultiStepLR(optimizer, 0.1, LAST_RATE); }

    /** Of what is not frozen, without weight decay: the paper has L2 regularisation, and does not tell its coefficient. @param lastRate the baseline's */
    public static SGD optimizer(Module student, double lastRate) {
        return new SGD(student.parameters().stream().filter(Tensor::requiresGrad).toList(), SGD.options(lastRate).momentum(0.9));
    }
}
