package panatorch.profiler;

/**
 * Decides which steps a {@link Profiler} records, as {@code torch.profiler.schedule}: after {@code skipFirst} steps it repeats
 * {@code waiting} steps without observing, {@code warmup} steps whose events are dropped, and {@code active} steps that are recorded.
 *
 * @param repeat number of cycles; 0 repeats without end
 */
public record Schedule(int skipFirst, int waiting, int warmup, int active, int repeat) {
    /** What the profiler does in a step. */
    enum Action {
        NONE,
        WARM_UP,
        RECORD,
        /** Records the last step of a cycle. */
        RECORD_AND_SAVE
    }

    public Schedule {
        if (skipFirst < 0 || waiting < 0 || warmup < 0 || active < 1 || repeat < 0)
            throw new IllegalArgumentException(
                    "active must be at least 1 and all other numbers at least 0, but they are skipFirst " + skipFirst
                            + ", waiting " + waiting + ", warmup " + warmup + ", active " + active + " and repeat " + repeat);
    }

    /** Returns a schedule that repeats without end and skips no steps at the beginning. */
    public static Schedule of(int waiting, int warmup, int active) {
        return new Schedule(0, waiting, warmup, active, 0);
    }

    Action action(long step) {
        long at = step - skipFirst, cycle = (long) waiting + warmup + active;
        if (at < 0 || repeat > 0 && at / cycle >= repeat) return Action.NONE;
        long within = at % cycle;
        if (within < waiting) return Action.NONE;
        if (within < waiting + warmup) return Action.WARM_UP;
        return within == cycle - 1 ? Action.RECORD_AND_SAVE : Action.RECORD;
    }
}
