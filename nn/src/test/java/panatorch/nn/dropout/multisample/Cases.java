package panatorch.nn.dropout.multisample;

import panatorch.Aten;
import panatorch.DType;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.nn.Dropout;
import panatorch.nn.MaskSource;

/** What the tests of multi-sample dropout share: sizes, numbers in float64, and masks that are given. */
final class Cases {
    private Cases() {}

    static final int N = 5, D = 7, H = 6, C = 4;

    static Tensor randn(long... shape) { return Aten.randn(shape, DType.FLOAT64); }

    static Tensor kept(double p, long... shape) { return Aten.rand(shape, DType.FLOAT64).gt(p); }

    static Tensor labels() { return Torch.tensor(new long[] {0, 3, 1, 2, 3}); }

    static Dropout dropping(double p, Tensor... kept) {
        var dropout = new Dropout(p);
        dropout.setMasks(MaskSource.given(kept));
        return dropout;
    }

    static MultiSampleDropout.Options options(int samples, Dropout front) { return MultiSampleDropout.options(samples).dropout(front); }

    /** {@code chunks} parts of masks [M, …], as chunks of the samples ask for them. */
    static Tensor[] parts(Tensor masks, int chunks) {
        var parts = new Tensor[chunks];
        for (int c = 0; c < chunks; c++) parts[c] = masks.slice(0, c * masks.size(0) / chunks, (c + 1) * masks.size(0) / chunks, 1);
        return parts;
    }
}
