/** Image files to tensors and back, after {@code torchvision.io}. */
@NullMarked
package panatorch.vision.io;

import org.jspecify.annotations.NullMarked;
