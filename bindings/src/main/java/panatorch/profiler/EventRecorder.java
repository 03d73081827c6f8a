package panatorch.profiler;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import panatorch.internal.libtorch.ObservedCall;
import panatorch.internal.libtorch.OperatorObserver;

/** Makes events of observed calls. Many threads call it at once. */
final class EventRecorder implements OperatorObserver.Listener {
    private final boolean shapes;
    private final ConcurrentLinkedQueue<ProfiledEvent> events = new ConcurrentLinkedQueue<>();
    private final ThreadLocal<ArrayDeque<Frame>> open = ThreadLocal.withInitial(ArrayDeque::new);
    private volatile boolean recording;
    private volatile @Nullable Throwable failure;

    private static final class Frame {
        final long call, start;
        final List<List<Long>> shapes;
        long inside;

        Frame(long call, List<List<Long>> shapes, long start) {
            this.call = call;
            this.shapes = shapes;
            this.start = start;
        }
    }

    EventRecorder(boolean shapes) { this.shapes = shapes; }

    void record(boolean on) { recording = on; }

    /** Returns the events so far, by their beginning, and forgets them. */
    List<ProfiledEvent> take() {
        var taken = new ArrayList<ProfiledEvent>();
        for (ProfiledEvent e; (e = events.poll()) != null;) taken.add(e);
        taken.sort((a, b) -> Long.compare(a.startNanos() - b.startNanos(), 0));
        Throwable failed = failure;
        failure = null;
        if (failed != null) throw new IllegalStateException("the profiler could not record an operator: " + failed, failed);
        return taken;
    }

    @Override public void started(ObservedCall call) {
        try {
            List<List<Long>> inputs = shapes && recording ? lists(call.inputShapes()) : List.of();
            open.get().addLast(new Frame(call.address(), inputs, System.nanoTime()));
        } catch (Throwable t) { // which would end the process
            failure = t;
        }
    }

    @Override public void ended(ObservedCall call) {
        try {
            long now = System.nanoTime();
            ArrayDeque<Frame> frames = open.get();
            Frame own = null;
            // Calls that began before the profiler did have no frame; those whose end was not observed are dropped.
            if (frames.stream().anyMatch(f -> f.call == call.address())) do own = frames.removeLast(); while (own.call != call.address());
            if (own == null) return;
            long total = now - own.start;
            if (!frames.isEmpty()) frames.getLast().inside += total;
            if (recording)
                events.add(new ProfiledEvent(call.name(), own.shapes, own.start, total, total - own.inside,
                        Thread.currentThread().threadId(), call.isRange()));
        } catch (Throwable t) {
            failure = t;
        }
    }

    private static List<List<Long>> lists(long[][] shapes) {
        return Arrays.stream(shapes).map(s -> s == null ? List.<Long>of() : Arrays.stream(s).boxed().toList()).toList();
    }
}
