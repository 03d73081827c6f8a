package panatorch.nn.functional;

import panatorch.Aten;
import panatorch.Tensor;

/** Activations that need more than one operator. The others are operators such as {@code Nn.gelu} and {@code Aten.softmax}. */
public final class Activations {
    private Activations() {}

    /**
     * Draws samples of the Gumbel-softmax distribution (Jang et al., 2016, arXiv:1611.01144): the softmax of logits with noise, of the
     * logits' shape.
     *
     * @param temperature temperature; the smaller, the closer samples are to one-hot
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
