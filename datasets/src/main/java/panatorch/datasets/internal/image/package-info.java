/** What the decoders of all image formats share: pixels, a reader of bytes, limits and orientation. */
@NullMarked
package panatorch.datasets.internal.image;

import org.jspecify.annotations.NullMarked;
