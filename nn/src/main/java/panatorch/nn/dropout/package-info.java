/**
 * Dropout methods beyond plain dropout: DropBlock, DropConnect, Gaussian, locked and scheduled dropout, stochastic depth and R-Drop. Each
 * page cites its paper.
 */
@NullMarked
package panatorch.nn.dropout;

import org.jspecify.annotations.NullMarked;
