/**
 * Operators and layers of object detection, after {@code torchvision.ops} 0.28: boxes and their overlap, non-maximum suppression, pooling
 * of regions of interest, deformable convolution, losses, feature pyramids, and the matching of DETR. All but non-maximum suppression and
 * the matching are compositions of libtorch's operators, so they run on every device and are differentiated by autograd.
 */
@NullMarked
package panatorch.vision.ops;

import org.jspecify.annotations.NullMarked;
