package panatorch.datasets.transforms;

import java.util.function.UnaryOperator;
import panatorch.Tensor;

/**
 * Where the pixels of a batch of images move, after the random numbers of a {@link GeometricTransform} are drawn. It borrows tensors of the
 * scope in which it was drawn.
 *
 * @param height height of the result in pixels
 * @param width width of the result in pixels
 * @param images moves a batch {@code [N, C, H, W]}
 * @param masks moves masks in the place of images, uint8 {@code [N, M, H, W]}: no value in between, and 0 around them
 * @param points moves places {@code [P, 2]} in the only image of a batch, to the right and down in pixels from its upper left corner
 */
public record Movement(long height, long width, UnaryOperator<Tensor> images, UnaryOperator<Tensor> masks, UnaryOperator<Tensor> points) {}
