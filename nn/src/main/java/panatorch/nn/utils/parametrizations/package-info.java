/** Weight normalisation, spectral normalisation and orthogonal matrices, after {@code torch.nn.utils.parametrizations}. */
@NullMarked
package panatorch.nn.utils.parametrizations;

import org.jspecify.annotations.NullMarked;
