/** The pre-tokenizers of {@code tokenizer.json}: what splits a text into pieces. */
@NullMarked
package panatorch.text.internal.pretokenizers;

import org.jspecify.annotations.NullMarked;
