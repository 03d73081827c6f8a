package panatorch.nn.utils.parametrize;

import java.util.List;
import panatorch.Tensor;

/**
 * A parametrization that can be started from a given value. A module that does not implement this is started with the value itself as its
 * input, as if its inverse were the identity.
 */
public interface RightInverse {
    /**
     * Returns tensors from which the parametrization computes {@code value}, or what is nearest to it among the values that it can compute.
     * Their number is that of the parametrization's inputs. One of several may be {@code value} itself.
     *
     * @throws UnsupportedOperationException if this one has no inverse; it is then started with the value itself as its input
     */
    List<Tensor> rightInverse(Tensor value);
}
