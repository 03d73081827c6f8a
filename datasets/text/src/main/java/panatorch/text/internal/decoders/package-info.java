/** The decoders of {@code tokenizer.json}: what turns tokens back into text. */
@NullMarked
package panatorch.text.internal.decoders;

import org.jspecify.annotations.NullMarked;
