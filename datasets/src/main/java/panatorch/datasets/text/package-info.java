/** Texts from tables, as token ids. */
@NullMarked
package panatorch.datasets.text;

import org.jspecify.annotations.NullMarked;
