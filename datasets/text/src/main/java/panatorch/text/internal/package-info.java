/** The parts of a tokenizer that its stages share: texts with alignments, pieces, rows of tokens, characters, patterns and JSON. */
@NullMarked
package panatorch.text.internal;

import org.jspecify.annotations.NullMarked;
