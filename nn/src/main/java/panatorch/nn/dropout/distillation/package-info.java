/**
 * Dropout distillation (Bulò, Porzi and Kontschieder, ICML 2016): one deterministic network learns what another predicts on average over
 * its dropout masks.
 */
@NullMarked
package panatorch.nn.dropout.distillation;

import org.jspecify.annotations.NullMarked;
