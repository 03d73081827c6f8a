package panatorch.profiler;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import panatorch.RecordFunction;
import panatorch.internal.libtorch.OperatorObserver;

/**
 * Records which operators a thread calls, and how long they take: {@code torch.profiler.profile} for the CPU. Operators inside operators,
 * nodes of the backward pass and {@link RecordFunction} ranges are events too, with PyTorch's names.
 *
 * <pre>{@code
 * try (var profiler = Profiler.start()) {
 *     net.call(x).sum().backward();
 *     profiler.close();
 *     System.out.println(profiler.keyAverages().table(KeyAverages.Sort.TOTAL, 10));
 *     profiler.exportChromeTrace(Path.of("trace.json"));       // chrome://tracing, or ui.perfetto.dev
 * }
 * }</pre>
 *
 * <p>
 * It observes the thread that starts it, which must close it, and the threads on which libtorch works for that one. On a GPU the times are
 * those of launching kernels. An operator takes some microseconds more while it is observed; times include that. Memory is not recorded. It
 * works on Linux with x86-64; elsewhere starting is an {@link UnsupportedOperationException}.
 */
public final class Profiler implements AutoCloseable {
    private final Builder options;
    private final EventRecorder recorder;
    private final OperatorObserver observer;
    private List<ProfiledEvent> events = List.of();
    private Schedule.Action action;
    private @Nullable RecordFunction range;
    private long step;
    private boolean closed;

    private Profiler(Builder options) {
        this.options = options;
        recorder = new EventRecorder(options.shapes);
        observer = OperatorObserver.start(recorder, options.shapes, false);
        action = Schedule.Action.NONE;
        begin();
    }

    /** Starts a profiler that records everything up to {@link #close}, without shapes. */
    public static Profiler start() {
        return builder().start();
    }

    /** Returns a builder of a profiler with options. */
    public static Builder builder() { return new Builder(); }

    private void begin() {
        Schedule schedule = options.schedule;
        action = schedule == null ? Schedule.Action.RECORD : schedule.action(step);
        boolean records = action == Schedule.Action.RECORD || action == Schedule.Action.RECORD_AND_SAVE;
        recorder.record(records);
        if (schedule != null && records) range = RecordFunction.enter("ProfilerStep#" + step);
    }

    private void end() {
        RecordFunction open = range;
        range = null;
        if (open != null) open.close();
        recorder.record(false);
    }

    private void save() {
        events = recorder.take();
        Consumer<? super Profiler> handler = options.handler;
        if (handler != null) handler.accept(this);
    }

    /**
     * Ends a step of the program and begins the next. With a schedule, the last step of a cycle ends the recording, and the handler is
     * called; the events are those of that cycle until the next one ends. Without a schedule this changes nothing.
     *
     * @throws IllegalStateException if the profiler is closed
     */
    public void step() {
        if (closed) throw new IllegalStateException("the profiler is closed");
        if (options.schedule == null) return;
        end();
        if (action == Schedule.Action.RECORD_AND_SAVE) save();
        step++;
        begin();
    }

    /**
     * Stops recording. If events were recorded since the last cycle ended, they become the profiler's, and the handler is called. Closing
     * twice is harmless.
     *
     * @throws WrongThreadException on another thread than that which started it
     */
    @Override public void close() {
        if (closed) return;
        boolean unsaved = action == Schedule.Action.RECORD || action == Schedule.Action.RECORD_AND_SAVE;
        end();
        observer.close();
        closed = true;
        if (unsaved) save();
    }

    /** Returns the events of the last cycle that ended, or after closing without a schedule all events, in the order of their beginning. */
    public List<ProfiledEvent> events() {
        return List.copyOf(events);
    }

    /** Returns the events summed by name. */
    public KeyAverages keyAverages() {
        return KeyAverages.of(events, false);
    }

    /**
     * Returns the events summed by name and the shapes of their inputs.
     *
     * @throws IllegalStateException if shapes were not recorded
     */
    public KeyAverages keyAveragesByShape() {
        if (!options.shapes) throw new IllegalStateException("shapes were not recorded; start by Profiler.builder().recordShapes()");
        return KeyAverages.of(events, true);
    }

    /** Writes the events as a trace that Chrome's {@code about:tracing} and Perfetto show. An existing file is replaced in one step. */
    public void exportChromeTrace(Path file) throws IOException {
        ChromeTrace.write(events, file);
    }

    /** Options of a {@link Profiler}. */
    public static final class Builder {
        private boolean shapes;
        private @Nullable Schedule schedule;
        private @Nullable Consumer<? super Profiler> handler;

        private Builder() {}

        /** Records the shapes of the inputs, which takes some microseconds for each operator. */
        public Builder recordShapes() {
            shapes = true;
            return this;
        }

        /** Records only some steps; the program calls {@link Profiler#step} after each. */
        public Builder schedule(Schedule schedule) {
            this.schedule = schedule;
            return this;
        }

        /** Sets what is called when a cycle of the schedule ends, or the profiler is closed while it records: {@code on_trace_ready}. */
        public Builder onTrace(Consumer<? super Profiler> handler) {
            this.handler = handler;
            return this;
        }

        /** Starts the profiler on this thread. */
        public Profiler start() { return new Profiler(this); }
    }
}
