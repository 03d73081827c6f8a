package panatorch.nn;

import panatorch.Aten;
import panatorch.Tensor;

/** The base of paddings of one to three dimensions. The amounts are given for each side, last dimension first. */
public abstract sealed class Padding extends Module permits
        ReflectionPad1d, ReflectionPad2d, ReflectionPad3d, ReplicationPad1d, ReplicationPad2d, ReplicationPad3d,
        CircularPad1d, CircularPad2d, CircularPad3d, ZeroPad1d, ZeroPad2d, ZeroPad3d,
        ConstantPad1d, ConstantPad2d, ConstantPad3d {
    final long[] padding;
    private final String mode;

    Padding(String mode, int dims, long... padding) {
        this.mode = mode;
        this.padding = Sizes.of(2 * dims, padding);
    }

    @Override public Tensor forward(Tensor input) { return Aten.pad(input, padding, mode); }

    @Override protected String describe() { return Repr.tuple(padding); }
}
