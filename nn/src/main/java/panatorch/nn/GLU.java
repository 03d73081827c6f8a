package panatorch.nn;

import panatorch.Nn;
import panatorch.Tensor;

/**
 * Gated linear unit: the first half of a dimension times the sigmoid of the second, [*, 2n, *] → [*, n, *] (Dauphin et al., 2016,
 * arXiv:1612.08083).
 */
public final class GLU extends Module {
    private final long dim;

    public GLU() { this(-1); }

    public GLU(long dim) {
        this.dim = dim;
    }

    @Override public Tensor forward(Tensor input) { return Nn.glu(input, dim); }

    @Override protected Module recreate() { return new GLU(dim); }

    @Override protected String describe() { return "dim=" + dim; }
}
