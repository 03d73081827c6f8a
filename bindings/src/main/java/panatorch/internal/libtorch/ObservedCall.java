package panatorch.internal.libtorch;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.RecordFunction;
import org.bytedeco.pytorch.global.torch.RecordScope;
import panatorch.internal.natives.Native;
import panatorch.internal.natives.Symbol;

/** A call of an operator, or a named range, while it runs; valid during a call of {@link OperatorObserver.Listener}. */
public record ObservedCall(long address) {
    private static final int TAG = 8, VALUE = 16;
    /** Distances within GCC's {@code at::RecordFunction}: the inputs, pointer and number, lie before a hash map and the outputs. */
    private static final long OUTPUTS = 280, FROM_INPUTS_TO_OUTPUTS = 16 + 56;

    private static final class Functions {
        static final MethodHandle NAME = CApi.function(Symbol.RECORDED_NAME);
    }

    /** Returns the name, such as {@code aten::mm}. */
    public String name() {
        return Memory.ALL.asSlice(Native.call(() -> (MemorySegment) Functions.NAME.invokeExact(address)).address()).getString(0,
                StandardCharsets.UTF_8);
    }

    /** JavaCPP's class at a changing address. Each of its constructors makes an object; that of an empty array makes none. */
    private static final class View extends RecordFunction {
        private static final ThreadLocal<View> OF_THREAD = ThreadLocal.withInitial(View::new);

        View() { super(0L); }

        static RecordFunction at(long address) {
            View view = OF_THREAD.get();
            view.address = address;
            return view;
        }
    }

    private RecordFunction function() { return View.at(address); }

    /** Returns whether this is a range that the program named. */
    public boolean isRange() {
        return function().scope().intern() == RecordScope.USER_SCOPE;
    }

    /** Returns where the inputs are. JavaCPP's own method fails: its library checks a flag that only a debug build of libtorch sets. */
    private long inputs() {
        long outputs = function().outputs().address();
        if (outputs - address != OUTPUTS)
            throw new IllegalStateException("this libtorch lays out its calls in another way than libtorch " + Symbol.LIBTORCH_VERSION);
        return outputs - FROM_INPUTS_TO_OUTPUTS;
    }

    /** Returns the shape of each input, empty for those that are no tensors. The listener must have asked for inputs. */
    public long[][] inputShapes() {
        long inputs = inputs(), first = Memory.getLong(inputs);
        var shapes = new long[(int) Memory.getLong(inputs + Long.BYTES)][];
        for (int i = 0; i < shapes.length; i++) shapes[i] = shape(first + (long) VALUE * i);
        return shapes;
    }

    /** Returns whether an input is the truth value true. */
    public boolean isTrue(int input) {
        long inputs = inputs();
        if (input >= Memory.getLong(inputs + Long.BYTES)) return false;
        long value = Memory.getLong(inputs) + (long) VALUE * input;
        return Memory.getInt(value + TAG) == Tag.BOOL && (Memory.getLong(value) & 1) != 0;
    }

    /** Returns the shape of each output, empty for those that are no tensors. The listener must have asked for outputs. */
    public long[][] outputShapes() {
        IValueVector outputs = function().outputs();
        var shapes = new long[(int) outputs.size()][];
        for (int i = 0; i < shapes.length; i++) shapes[i] = shape(outputs.get(i).address());
        return shapes;
    }

    /** An {@code IValue} begins with the tensor that it holds, so its address is a tensor's handle. */
    private static long[] shape(long value) {
        if (Memory.getInt(value + TAG) != Tag.TENSOR) return new long[0];
        try (var arena = Arena.ofConfined()) {
            return CApi.shape(value, arena.allocate(Long.BYTES, Long.BYTES).address());
        } catch (RuntimeException undefined) {
            return new long[0];
        }
    }
}
