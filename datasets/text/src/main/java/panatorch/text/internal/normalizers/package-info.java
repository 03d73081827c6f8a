/** The normalizers of {@code tokenizer.json}: what changes a text before it is split. */
@NullMarked
package panatorch.text.internal.normalizers;

import org.jspecify.annotations.NullMarked;
