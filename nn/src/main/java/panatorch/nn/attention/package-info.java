/** Which kernels compute attention: {@code torch.nn.attention}. */
@NullMarked
package panatorch.nn.attention;

import org.jspecify.annotations.NullMarked;
