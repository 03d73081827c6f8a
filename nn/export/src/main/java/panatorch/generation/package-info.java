/** Text from language models: their next tokens, chosen greedily or by chance, one after the other. */
@NullMarked
package panatorch.generation;

import org.jspecify.annotations.NullMarked;
