package panatorch;

import java.lang.ref.Cleaner;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.apache.logging.log4j.Level;
import org.jspecify.annotations.Nullable;
import panatorch.internal.log.Log;

/** Counts the tensors that were made and not closed. With {@code -Dpanatorch.leaks=trace} it also records where they were made. */
final class LiveTensors {
    private LiveTensors() {}

    /** The cleaner that frees tensors and native objects that became garbage before they were closed, and the state of ended threads. */
    static final Cleaner CLEANER = Cleaner.create();

    private static final boolean TRACE = "trace".equals(System.getProperty("panatorch.leaks"));
    private static final LongAdder COUNT = new LongAdder(), COLLECTED = new LongAdder();
    private static final Map<Object, Site> OPENED = Collections.synchronizedMap(new WeakHashMap<>());
    private static final Map<Object, Site> CLOSED = Collections.synchronizedMap(new WeakHashMap<>());

    /** A place in the program, shown by its stack trace. */
    private static final class Site extends Throwable {
        private static final long serialVersionUID = 1;

        Site(String what) { super(what); }
    }

    static void opened(Object tensor) {
        COUNT.increment();
        if (TRACE) OPENED.put(tensor, new Site("the tensor was made here"));
    }

    static void closed(Object tensor) {
        COUNT.decrement();
        if (!TRACE) return;
        OPENED.remove(tensor);
        CLOSED.put(tensor, new Site("the tensor was closed here"));
    }

    /** Counts {@code n} tensors that were freed together. */
    static void closed(int n) { COUNT.add(-n); }

    static boolean tracing() { return TRACE; }

    /** Counts a tensor that became garbage before anybody closed it. */
    static void collected(@Nullable Throwable site) {
        if (TRACE) warn("A tensor outside any scope was garbage before it was closed.", site);
        COUNT.decrement();
        COLLECTED.increment();
        if (FlightEvents.recorderStarted()) FlightEvents.TensorLeak.emit(site == null ? null : lines(site));
    }

    private static void warn(String message, @Nullable Throwable site) { Log.insist(LiveTensors.class, Level.WARN, message, site); }

    private static String lines(Throwable site) {
        var text = new java.io.StringWriter();
        site.printStackTrace(new java.io.PrintWriter(text));
        return text.toString();
    }

    /** Warns of a thread that ended with an open scope. */
    static void abandoned(int tensors, @Nullable Throwable site) {
        if (TRACE) warn("A thread ended with a scope open; the garbage collector frees its " + tensors + " tensors.", site);
    }

    /** Returns the place where a scope is opened; null unless tracing. */
    static @Nullable Throwable scopeSite() {
        return TRACE ? new Site("the scope was opened here") : null;
    }

    static @Nullable Throwable openedAt(Object tensor) { return OPENED.get(tensor); }

    static @Nullable Throwable closedAt(Object tensor) { return CLOSED.get(tensor); }

    static long count() { return COUNT.sum(); }

    /** Returns the number of tensors that became garbage before they were closed. */
    static long collected() { return COLLECTED.sum(); }

    /** Returns the places where the live tensors were made; empty unless tracing. */
    static List<Throwable> sites() {
        synchronized (OPENED) {
            return new ArrayList<>(OPENED.values());
        }
    }
}
