package panatorch;

import org.jspecify.annotations.Nullable;
import panatorch.internal.calls.CallRecorder;
import panatorch.internal.calls.PreparedOperator;
import panatorch.internal.calls.RawValues;
import panatorch.internal.libtorch.CApi;
import panatorch.internal.libtorch.Memory;
import panatorch.internal.libtorch.References;
import panatorch.internal.libtorch.Tag;

/** {@link RawValues} by this package's own calls. */
final class RawAccess extends RawValues {
    static {
        accessBy(RawAccess::new);
    }

    @Override public PreparedOperator operator(String qualified) { return new RawOperator(Operators.find(qualified)); }

    @Override public Value value(String type, @Nullable Object value) {
        var parameter = new OperatorSchema.Parameter("", type, 0);
        Object checked = Values.checked("the value", parameter, value);
        Call call = Call.moving(null);
        Values.push(call, parameter, checked);
        int tag = call.stack.tag(0);
        var made = new Value(tag, call.stack.take(0));
        call.end();
        return made;
    }

    @Override public long wrappedNumber(Object number) {
        try (var scope = Scope.open()) {
            return Values.wrapped(number).shareImpl();
        }
    }

    @Override public long share(Object tensor) { return ((Tensor) tensor).shareImpl(); }

    @Override public @Nullable Object adopt(long tensor) {
        return References.isUndefinedTensor(tensor) ? null : ThreadContext.current().adopt(tensor);
    }

    @Override public long pack(Object tensor) {
        long packed = share(tensor);
        LiveTensors.closed(-1);
        return packed;
    }

    @Override public Object unpack(long tensor) {
        LiveTensors.closed(1);
        return ThreadContext.current().adopt(tensor);
    }

    @Override public void discard(long tensor) {
        LiveTensors.closed(1);
        Tensor.free(tensor);
    }

    @Override public boolean runApart(int threads, Runnable code) {
        ThreadContext c = ThreadContext.current();
        if (c.caller.isInside() || c.recorder != null || c.out != null || c.usedGenerators != null || !Mode.onlyNoGrad(c.innermost))
            return false;
        int before = c.caller.limit();
        c.caller.limit(threads);
        try (var noGrad = NoGrad.enter()) {
            code.run();
        } finally {
            c.caller.limit(before);
        }
        return true;
    }

    @Override public void waitingForOthers(Runnable code) { ThreadContext.current().caller.waitingForOthers(code); }

    private static final class Carried extends Mode {
        private final Runnable exchange;

        Carried(Runnable exchange) {
            this.exchange = exchange;
            open();
        }

        @Override void set() {
            if (ThreadContext.current().modes != null) exchange.run();
        }

        @Override void unset() { set(); }
    }

    @Override public AutoCloseable carried(Runnable exchange) { return new Carried(exchange); }

    @Override public void during(Runnable call) { Mode.during(call); }

    @Override public void recording(CallRecorder recorder, Runnable code) {
        ThreadContext c = ThreadContext.current();
        CallRecorder outer = c.recorder;
        c.recorder = recorder;
        try {
            code.run();
        } finally {
            c.recorder = outer;
        }
    }

    private static ThreadContext handle(long tensor) {
        ThreadContext c = ThreadContext.current();
        Memory.setLong(c.handle, tensor);
        return c;
    }

    @Override public long numel(long tensor) {
        ThreadContext c = handle(tensor);
        return CApi.numel(c.handle, c.result);
    }

    @Override public long[] shape(long tensor) {
        ThreadContext c = handle(tensor);
        return CApi.shape(c.handle, c.result);
    }

    @Override public long size(long tensor, long dim) {
        ThreadContext c = handle(tensor);
        long at = place(c, dim);
        return Memory.getLong(CApi.sizes(c.handle, c.result) + 8 * at);
    }

    @Override public long stride(long tensor, long dim) {
        ThreadContext c = handle(tensor);
        long at = place(c, dim);
        return Memory.getLong(CApi.strides(c.handle, c.result) + 8 * at);
    }

    private static long place(ThreadContext c, long dim) {
        long n = CApi.dim(c.handle, c.result), at = dim < 0 ? dim + n : dim;
        if (at < 0 || at >= n) throw new IllegalArgumentException("a tensor of " + n + " dimensions has no dimension " + dim);
        return at;
    }

    @Override public long storageOffset(long tensor) {
        ThreadContext c = handle(tensor);
        return CApi.storageOffset(c.handle, c.result);
    }

    @Override public String describe(long tensor) { return NativeErrors.describe(tensor); }

    @Override public void release(int[] tags, long[] payloads) {
        Call call = null;
        for (int i = 0; i < tags.length; i++) {
            if (Tag.plain(tags[i])) continue;
            if (call == null) call = Call.releasing();
            call.release(tags[i], payloads[i]);
            tags[i] = Tag.NONE;
        }
        if (call != null) call.end();
    }

    @Override public RuntimeException located(RuntimeException failure, String where) {
        return switch (failure) {
            case OutOfMemoryException e -> new OutOfMemoryException(e.operator(), e.getMessage() + where, e);
            case TorchException e -> new TorchException(e.operator(), e.getMessage() + where, e);
            case IllegalArgumentException e -> new IllegalArgumentException(e.getMessage() + where, e);
            default -> failure;
        };
    }
}
