package panatorch;

import java.util.Objects;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/**
 * A named part of a program, as Python's {@code record_function}: whatever observes libtorch sees the operators called meanwhile inside it,
 * and Java's flight recorder has it as {@code panatorch.Range}. Closed by the thread that entered it, inner ones first; closing twice is harmless.
 *
 * <pre>{@code try (var part = RecordFunction.enter("forward")) { … } }</pre>
 */
public final class RecordFunction implements AutoCloseable {
    private static final Operator ENTER = new Operator("profiler::_record_function_enter_new"), EXIT = new Operator("profiler::_record_function_exit._RecordFunction");

    @Name("panatorch.Range")
    @Label("Range")
    @Category("PanaTorch")
    @Description("A part of the program that RecordFunction names")
    @StackTrace(false)
    static final class Range extends Event {
        @Label("Range") @Nullable String name;
    }

    private final Thread owner = Thread.currentThread();
    private final @Nullable Range event;
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
        event = new Range();
        event.name = name;
        event.begin();
    }

    public static RecordFunction enter(String name) { return new RecordFunction(Objects.requireNonNull(name, "name")); }

    @Override public void close() {
        NativeObject open = record;
        if (open == null) return;
        if (Thread.currentThread() != owner) throw new WrongThreadException("this part belongs to another thread, the one that entered it");
        record = null;
        if (event != null) event.commit();
        Call call = Call.begin(EXIT);
        call.object(open);
        call.runVoid();
        open.close();
    }
}
