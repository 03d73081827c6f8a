/** Decoders of the formats without a lossy transform: PNG, GIF, BMP and the portable any-maps. */
@NullMarked
package panatorch.datasets.internal.raster;

import org.jspecify.annotations.NullMarked;
