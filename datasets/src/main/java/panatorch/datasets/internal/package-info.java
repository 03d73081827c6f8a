/** Decoders of images in plain Java: by their first bytes, {@code ImageDecoder} finds the one for a file. */
@NullMarked
package panatorch.datasets.internal;

import org.jspecify.annotations.NullMarked;
