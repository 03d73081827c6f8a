/** What a pretrained model wants of its inputs, read from the configuration files of the libraries that models come from. */
@NullMarked
package panatorch.datasets.pretrained;

import org.jspecify.annotations.NullMarked;
