/** Grids of images, and boxes, masks and key points drawn on images, after {@code torchvision.utils}. */
@NullMarked
package panatorch.vision.utils;

import org.jspecify.annotations.NullMarked;
