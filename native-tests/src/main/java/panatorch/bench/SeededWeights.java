package panatorch.bench;

import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.nn.BatchNorm2d;
import panatorch.nn.LayerNorm;
import panatorch.nn.Module;

/**
 * Fills networks with weights that Python's side of a benchmark makes as well: numbers of one seed in the order of registration, with He's
 * scaling; biases are 0 and norms 1.
 */
public final class SeededWeights {
    private SeededWeights() {}

    public static void fill(Module model) {
        Torch.manualSeed(1);
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            for (Tensor p : model.parameters()) {
                if (p.dim() > 1) p.copy_(Torch.randn(p.shape()).mul(Math.sqrt(2 / (double) (p.numel() / p.size(0)))));
                else p.zero_();
            }
            for (Module m : model.modules()) if (m instanceof BatchNorm2d || m instanceof LayerNorm) m.parameter("weight").fill_(1);
        }
    }
}
