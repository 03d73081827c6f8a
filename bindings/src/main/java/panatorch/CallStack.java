package panatorch;

import java.util.function.Consumer;
import org.bytedeco.pytorch.IValueVector;
import org.jspecify.annotations.Nullable;
import panatorch.internal.calls.ValueStack;
import panatorch.internal.libtorch.DispatcherStack;

/** A {@link ValueStack} implemented by a {@link Call} without operator. */
final class CallStack extends ValueStack {
    static {
        openBy(CallStack::new);
    }

    private final Call call = Call.begin(null);
    private boolean open = true;

    @Override public void push(@Nullable Object value) {
        String type = switch (value) {
            case null -> "NoneType?";
            case Tensor _ -> "Tensor";
            case Complex _ -> "number";
            case Long _,Integer _ -> "int";
            case Double _,Float _ -> "float";
            case Boolean _ -> "bool";
            case String _ -> "str";
            case Device _ -> "Device";
            case Generator _ -> "Generator";
            case NativeObject _ -> "object";
            case long[] _ -> "int[]";
            case double[] _ -> "float[]";
            case boolean[] _ -> "bool[]";
            default -> throw failed(new IllegalArgumentException(
                    "a " + value.getClass().getSimpleName() + " cannot be passed to libtorch"
                            + (value instanceof java.util.List<?> ? "; push a list with the type of its elements" : "")));
        };
        push(type, value);
    }

    @Override public void push(String type, @Nullable Object value) {
        requireOpen();
        if (call.stack.full()) throw failed(new IllegalStateException("a call takes at most " + DispatcherStack.CAPACITY + " values"));
        var parameter = new OperatorSchema.Parameter("", type, 0);
        try {
            Values.push(call, parameter, Values.checked("value " + call.resultCount(), parameter, value));
        } catch (IllegalStateException | IllegalArgumentException | NullPointerException e) {
            throw failed(e);
        }
    }

    private <E extends RuntimeException> E failed(E error) {
        close();
        return error;
    }

    private void requireOpen() {
        if (!open) throw new IllegalStateException("this stack is closed");
    }

    @Override public void run(Consumer<IValueVector> code) {
        requireOpen();
        boolean done = false;
        try {
            call.run(code);
            done = true;
        } finally {
            if (!done) close();
        }
    }

    @Override public int size() {
        requireOpen();
        return call.resultCount();
    }

    @Override public @Nullable Object take(int i) {
        requireOpen();
        return Values.take(call, i);
    }

    @Override public void push(int tag, long payload) {
        requireOpen();
        if (call.stack.full()) {
            call.release(tag, payload); // empties the stack first
            throw failed(new IllegalStateException("a call takes at most " + DispatcherStack.CAPACITY + " values"));
        }
        call.stack.push(tag, payload);
    }

    @Override public int tag(int i) { return call.stack.tag(i); }

    @Override public long payload(int i) { return call.stack.payload(i); }

    @Override public long pop() {
        int top = call.stack.size() - 1;
        long payload = call.stack.take(top);
        call.stack.remove(top, 1);
        return payload;
    }

    @Override public @Nullable Object read(int tag, long payload) { return Values.read(call, tag, payload); }

    @Override public void close() {
        if (!open) return;
        open = false;
        call.endIfBusy();
    }
}
