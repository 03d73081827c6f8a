/**
 * libtorch's values as they lie in memory: the probe that checks their layout, the dispatcher's stack, lists, the C interface, kernels in
 * Java. Not exported.
 */
@NullMarked
package panatorch.internal.libtorch;

import org.jspecify.annotations.NullMarked;
