package panatorch.internal.libtorch;

import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.DoubleComplex;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.LongList;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import panatorch.internal.library.NativeLibrary;

/**
 * Checks the memory layout that this package reads and writes, on values that libtorch itself made. A libtorch with another layout is
 * refused with an error, before anything can go wrong.
 */
final class Probe {
    private Probe() {}

    static final long ELEMENT = 16, TAG = 8;

    static {
        NativeLibrary.load();
    }

    /** Returns the tags of: none, tensor, double, complex, int, bool, string, list, device, generator. */
    static int[] tags() {
        try (var none = new IValue(); var real = new IValue(1.5); var integer = new IValue(42L); var yes = new IValue(true);
                var string = new IValue("probe"); var list = new LongList(7, 8, 9); var cuda = new Device("cuda:1");
                var device = new IValue(cuda);
                var tensor = torch.ones(1); var tensorValue = new IValue(tensor);
                var source = torch.make_generator_cpu(); var generator = new IValue(source);
                var number = new DoubleComplex(1, 2); var scalar = new Scalar(number); var complex = new IValue(scalar);
                var ints = list.elementType(); var empty = new GenericList(ints); var generic = new IValue(empty)) {
            check(payload(real) == Double.doubleToLongBits(1.5), "a double's payload");
            check(payload(integer) == 42, "an int's payload");
            check((payload(yes) & 0xff) == 1, "a bool's payload");
            check((payload(device) & 0xffff) == 0x0101, "a device's payload");
            check(payload(tensorValue) == Memory.getLong(tensor.address()), "a tensor's payload");
            check(References.count(payload(tensorValue)) == 2, "a tensor's reference count");
            checkList(Memory.getLong(list.address()));
            return new int[] {tag(none), tag(tensorValue), tag(real), tag(complex), tag(integer), tag(yes), tag(string), tag(generic),
                tag(device), tag(generator)};
        }
    }

    /** Checks that a list's values are a vector of {@code IValue} at offset 16. */
    private static void checkList(long list) {
        long begin = Memory.getLong(list + 16), end = Memory.getLong(list + 24);
        check(end - begin == 3 * ELEMENT && Memory.getLong(begin) == 7 && Memory.getLong(begin + ELEMENT) == 8
                && References.count(list) == 1, "a list");
    }

    static long undefinedTensor() {
        try (var undefined = new Tensor()) {
            return Memory.getLong(undefined.address());
        }
    }

    /**
     * Returns the offset of a {@code TensorImpl}'s pointer to its autograd metadata, which is null at first; -1 if it is not at the
     * expected place.
     */
    static long autogradMetadata() {
        long offset = 24;
        try (var tensor = torch.ones(1)) {
            long impl = Memory.getLong(tensor.address());
            boolean nothing = Memory.getLong(impl + offset) == 0;
            tensor.set_requires_grad(true).close();
            return nothing && Memory.getLong(impl + offset) != 0 ? offset : -1;
        }
    }

    private static long payload(IValue v) { return Memory.getLong(v.address()); }

    private static int tag(IValue v) { return Memory.getInt(v.address() + TAG); }

    static void check(boolean holds, String what) {
        if (!holds)
            throw new UnsatisfiedLinkError(
                    "This libtorch lays out " + what + " in memory differently from libtorch " + NativeLibrary.LIBTORCH_VERSION
                            + ", which PanaTorch was made for; use that version.");
    }

}
