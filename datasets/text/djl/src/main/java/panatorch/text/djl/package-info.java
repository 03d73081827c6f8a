/** The tokenizers of the Deep Java Library: Hugging Face's own, in Rust. */
@NullMarked
package panatorch.text.djl;

import org.jspecify.annotations.NullMarked;
