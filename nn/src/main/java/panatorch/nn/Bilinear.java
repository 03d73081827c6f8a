package panatorch.nn;

import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.nn.init.Init;

/**
 * A bilinear map {@code y = x₁ᵀ A x₂ + b} for each output: [*, in1], [*, in2] → [*, out]. Parameters: {@code weight} [out, in1, in2],
 * {@code bias} [out].
 */
public final class Bilinear extends Module {
    private final long in1, in2, out;
    private final boolean bias;

    public Bilinear(long in1, long in2, long out) { this(in1, in2, out, true); }

    public Bilinear(long in1, long in2, long out, boolean bias) {
        this.in1 = in1;
        this.in2 = in2;
        this.out = out;
        this.bias = bias;
        double bound = 1 / Math.sqrt(in1);
        parameter("weight", Init.uniform_(Torch.empty(out, in1, in2), -bound, bound));
        parameter("bias", bias ? Init.uniform_(Torch.empty(out), -bound, bound) : null);
    }

    public Tensor forward(Tensor input1, Tensor input2) {
        return Aten.bilinear(input1, input2, parameter("weight"), parameterOrNull("bias"));
    }

    @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
        return List.of(forward(inputs.get(0), inputs.get(1)));
    }

    @Override protected Module recreate() { return new Bilinear(in1, in2, out, bias); }

    @Override protected String describe() {
        return "in1_features=" + in1 + ", in2_features=" + in2 + ", out_features=" + out + ", bias="
                + Repr.of(parameterOrNull("bias") != null);
    }
}
