package panatorch.export;

import panatorch.internal.calls.RawValues;
import panatorch.internal.libtorch.Tag;

/** Reads a size, stride, number of elements or offset of a tensor, without a call of libtorch's dispatcher. */
final class SizeStep extends Step {
    /** What is read. */
    enum Of {
        SIZE, STRIDE, NUMEL, OFFSET
    }

    private static final RawValues VALUES = RawValues.access();
    private final Of what;
    private final Operand.Slot tensor;
    private final long dim;
    private final int result;

    /** @param dim the dimension; only for sizes and strides */
    SizeStep(String place, Of what, Operand.Slot tensor, long dim, int result) {
        super(place);
        this.what = what;
        this.tensor = tensor;
        this.dim = dim;
        this.result = result;
    }

    @Override void run(Frame frame) {
        if (frame.tags[tensor.slot] != Tag.TENSOR)
            throw new IllegalArgumentException("a size is asked of something else than a tensor" + place);
        long impl = frame.payloads[tensor.slot];
        long value = switch (what) {
            case SIZE -> VALUES.size(impl, dim);
            case STRIDE -> VALUES.stride(impl, dim);
            case NUMEL -> VALUES.numel(impl);
            case OFFSET -> VALUES.storageOffset(impl);
        };
        if (tensor.isLast()) frame.drop(tensor.slot);
        frame.set(result, value);
    }
}
