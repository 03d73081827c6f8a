/** The post-processors of {@code tokenizer.json}: what puts special tokens around rows of tokens. */
@NullMarked
package panatorch.text.internal.processors;

import org.jspecify.annotations.NullMarked;
