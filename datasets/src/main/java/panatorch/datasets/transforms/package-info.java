/** What happens to a batch of images between the set and the network, as tensor operators over the whole batch. */
@NullMarked
package panatorch.datasets.transforms;

import org.jspecify.annotations.NullMarked;
