package panatorch;

import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;

/**
 * Carries what Java code throws inside a native call (a hook in {@code backward}) to the Java code that made the call: a C++ exception
 * takes only text along, so the text has a number in it.
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

    /** Throws what Java code threw, as it was, if {@code error} came of that; else does nothing. */
    static void rethrow(RuntimeException error) {
        if (error.getMessage() == null) return;
        var m = NUMBER.matcher(error.getMessage());
        Throwable thrown = m.find() ? THROWN.remove(Long.valueOf(m.group(1))) : null;
        if (thrown != null) Failures.<RuntimeException>unchecked(thrown);
    }

    @SuppressWarnings("unchecked")
    private static <E extends Throwable> void unchecked(Throwable t) throws E { throw (E) t; }
}
