/** libtorch's stores, process groups and collectives, for {@code panatorch.distributed}. */
@NullMarked
package panatorch.internal.distributed;

import org.jspecify.annotations.NullMarked;
