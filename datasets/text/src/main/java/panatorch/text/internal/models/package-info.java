/** The models of {@code tokenizer.json}: what turns a piece into tokens. */
@NullMarked
package panatorch.text.internal.models;

import org.jspecify.annotations.NullMarked;
