package panatorch.nn.functional;

import panatorch.Aten;
import panatorch.Tensor;

/** Activations that are more than one operator; the others are {@code Nn.gelu}, {@code Aten.softmax} and so on. */
public final class Activations {
    private Activations() {}

    /**
     * Samples of the Gumbel-softmax distribution (Jang et al., 2016, arXiv:1611.01144): the softmax of logits with noise, of the logits' shape.
     *
     * @param temperature the smaller, the nearer to one-hot
     * @param hard whether samples are one-hot, with the gradients of the soft ones
     */
    public static Tensor gumbelSoftmax(Tensor logits, double temperature, boolean hard, long dim) {
        Tensor noise = logits.emptyLike().exponential_().log().neg();
        Tensor soft = logits.add(noise).div(temperature).softmax(dim);
        if (!hard) return soft;
        Tensor oneHot = logits.zerosLike().scatter_(dim, Aten.argmax(soft, dim, true), 1);
        return oneHot.sub(soft.detach()).add(soft);
    }
}
