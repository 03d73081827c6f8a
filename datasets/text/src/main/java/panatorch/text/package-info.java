/** Tokenizers: what turns texts into token ids for language models, and ids into text. */
@NullMarked
package panatorch.text;

import org.jspecify.annotations.NullMarked;
