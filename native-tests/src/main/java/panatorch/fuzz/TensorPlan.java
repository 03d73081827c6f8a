package panatorch.fuzz;

import java.util.Arrays;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.Layout;
import panatorch.NoGrad;
import panatorch.Tensor;
import panatorch.Torch;

/** A plan of a tensor of any type and layout. */
record TensorPlan(DType dtype, long[] shape, Kind kind, Fill fill, boolean grad) implements Plan {
    /** The memory layout, or the kind of storage. */
    enum Kind {
        PLAIN, TRANSPOSED, EXPANDED, SLICED, CONJUGATED, COO, CSR, QUANTIZED, PER_CHANNEL, META, MKLDNN
    }

    enum Fill { NUMBERS, ZEROS, NEGATIVE, NAN, INFINITE, HUGE, SMALL_INDICES }

    /** Makes the tensor. A plan that libtorch refuses, such as a sparse scalar, gives a plain tensor. */
    @Override public Tensor make() {
        Tensor made;
        try (var noGrad = NoGrad.enter()) {
            Tensor plain = plain();
            try {
                made = changed(plain);
            } catch (RuntimeException e) {
                made = plain;
            }
        }
        boolean differentiable = made.dtype().isFloatingPoint() && made.dtype().bytes() > 1 || made.dtype().isComplex();
        return grad && differentiable ? made.detach().requiresGrad_(true) : made;
    }

    private Tensor plain() {
        if (kind == Kind.EXPANDED) return Torch.zeros(dtype).expand(shape);
        DType made = dtype.isQuantized() ? DType.FLOAT32 : dtype;
        Tensor base = kind == Kind.META ? Torch.zeros(DType.FLOAT32, shape) : switch (fill) {
            case NUMBERS -> Torch.rand(shape);
            case ZEROS -> Torch.zeros(shape);
            case NEGATIVE -> Torch.full(shape, -1.5);
            case NAN -> Torch.full(shape, Double.NaN);
            case INFINITE -> Torch.full(shape, Double.POSITIVE_INFINITY);
            case HUGE -> Torch.full(shape, 1e18);
            case SMALL_INDICES -> Torch.rand(shape).mul(3).floor();
        };
        return base.to(made);
    }

    private Tensor changed(Tensor t) {
        return switch (kind) {
            case PLAIN, EXPANDED -> dtype.isQuantized() ? quantized(t) : t;
            case TRANSPOSED -> t.transpose(0, -1);
            case SLICED -> Aten.cat(java.util.List.of(t, t), 0).narrow(0, t.size(0), t.size(0));
            case CONJUGATED -> t.conj();
            case COO -> t.toSparse();
            case CSR -> t.toSparse(Layout.SPARSE_CSR, null, null);
            case QUANTIZED -> quantized(t);
            case PER_CHANNEL -> Aten.quantizePerChannel(t.to(DType.FLOAT32), Torch.ones(DType.FLOAT64, t.size(0)),
                    Torch.zeros(DType.INT64, t.size(0)), 0, DType.QINT8);
            case META -> t.to(Device.META);
            case MKLDNN -> t.toMkldnn();
        };
    }

    private Tensor quantized(Tensor t) {
        return Aten.quantizePerTensor(t.to(DType.FLOAT32), 0.1, 1, dtype.isQuantized() && dtype.bytes() == 1 ? DType.QUINT8 : DType.QINT8);
    }

    @Override public String toString() {
        return dtype + Arrays.toString(shape).replace(" ", "")
                + (kind == Kind.PLAIN ? "" : " " + kind.name().toLowerCase(java.util.Locale.ROOT))
                + (fill == Fill.NUMBERS ? "" : " of " + fill.name().toLowerCase(java.util.Locale.ROOT)) + (grad ? " with gradient" : "");
    }
}
