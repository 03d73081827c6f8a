package panatorch;

import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Carries what a hook in {@code backward} throws to the Java code that called it, which may be on another thread: a C++ exception takes only
 * text along, so the text has a number in it. (Kernels cannot throw C++ exceptions; see {@link Upcalls}.)
 */
final class Failures {
    private Failures() {}

    private static final Pattern NUMBER = Pattern.compile("Java code threw #(\\d+)#");
    /** Where C++ swallows an exception, nobody comes for its number. */
    private static final int MOST = 64;
    private static final AtomicLong NEXT = new AtomicLong(1);
    private static final ConcurrentSkipListMap<Long, Throwable> THROWN = new ConcurrentSkipListMap<>();

    private static final class Carrier extends RuntimeException {
        private static final long serialVersionUID = 1;

        Carrier(String text) { super(text, null, false, false); }
    }

    /** What to throw to the native caller instead of {@code thrown}. */
    static RuntimeException carrier(Throwable thrown) {
        long number = NEXT.getAndIncrement();
        THROWN.put(number, thrown);
        if (THROWN.size() > MOST) THROWN.pollFirstEntry();
        return new Carrier("Java code threw #" + number + "#: " + thrown);
    }

    /** What Java code threw, if {@code error} came of that; else null. */
    static @Nullable Throwable behind(RuntimeException error) {
        var m = NUMBER.matcher(String.valueOf(error.getMessage()));
        return m.find() ? THROWN.remove(Long.valueOf(m.group(1))) : null;
    }
}
