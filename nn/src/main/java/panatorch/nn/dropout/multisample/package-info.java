/** Multi-sample dropout: Inoue 2019, arXiv:1905.09788. */
@NullMarked
package panatorch.nn.dropout.multisample;

import org.jspecify.annotations.NullMarked;
