/** Multi-sample dropout (Inoue 2019, arXiv:1905.09788): several dropout samples of the same features share one head in training. */
@NullMarked
package panatorch.nn.dropout.multisample;

import org.jspecify.annotations.NullMarked;
