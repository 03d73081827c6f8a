/**
 * Optimisers and wrappers of optimisers, groups without weight decay, learning-rate schedulers, gradient clipping, weight averaging and the
 * learning-rate range test.
 */
@NullMarked
package panatorch.optim;

import org.jspecify.annotations.NullMarked;
