/** Assertions on tensors for tests: {@code torch.testing}. */
@NullMarked
package panatorch.testing;

import org.jspecify.annotations.NullMarked;
