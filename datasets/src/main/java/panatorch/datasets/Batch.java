package panatorch.datasets;

import panatorch.Tensor;

/**
 * Images with their labels. Owns both tensors, which are in no {@link panatorch.Scope}: whoever took the batch from an
 * {@link Epoch} closes it, on any thread.
 *
 * @param images {@code [N, C, H, W]}, float32 if the loader normalises, as it does by default
 * @param labels int64 {@code [N]}
 */
public record Batch(Tensor images, Tensor labels) implements AutoCloseable {
    /** N, the number of images. */
    public int size() { return (int) labels.size(0); }

    /** Frees both tensors. Closing twice is harmless. */
    @Override public void close() {
        images.close();
        labels.close();
    }
}
