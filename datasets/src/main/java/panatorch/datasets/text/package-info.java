/** Datasets of texts from TSV and CSV files, and tokenizers that turn texts into token ids. */
@NullMarked
package panatorch.datasets.text;

import org.jspecify.annotations.NullMarked;
