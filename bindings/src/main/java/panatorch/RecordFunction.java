package panatorch;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A named part of a program, as Python's {@code record_function}. Profilers of libtorch show the operators called meanwhile inside it, and
 * Java's flight recorder shows it as {@code panatorch.Range}. The thread that entered it must close it, inner parts first. Closing twice is
 * harmless.
 *
 * <pre>{@code try (var part = RecordFunction.enter("forward")) { … } }</pre>
 */
public final class RecordFunction implements AutoCloseable {
    private static final Operator ENTER = new Operator("profiler::_record_function_enter_new"),
            EXIT = new Operator("profiler::_record_function_exit._RecordFunction");

    private final Thread owner = Thread.currentThread();
    private final FlightEvents.@Nullable Range event;
    private @Nullable NativeObject record;

    private RecordFunction(String name) {
        Call call = Call.begin(ENTER);
        call.string(name);
        call.none();
        call.run();
        record = call.takeObject(0);
        call.end();
        if (!FlightEvents.recorderStarted()) {
            event = null;
            return;
        }
        event = new FlightEvents.Range();
        event.name = name;
        event.begin();
    }

    public static RecordFunction enter(String name) { return new RecordFunction(Objects.requireNonNull(name, "name")); }

    @Override public void close() {
        NativeObject open = record;
        if (open == null) return;
        if (Thread.currentThread() != owner)
            throw new WrongThreadException("this range belongs to another thread; close it on the thread that entered it");
        record = null;
        if (event != null) event.commit();
        Call call = Call.begin(EXIT);
        call.object(open);
        call.runVoid();
        open.close();
    }
}
