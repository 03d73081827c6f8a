package panatorch.text;

import panatorch.text.internal.Field;

/**
 * How texts are cut that have too many tokens.
 *
 * @param maxLength largest number of tokens, special ones included
 * @param stride number of tokens that a part cut off shares with the one before it, see {@link Encoding#overflowing}
 * @param strategy which text of a pair is cut
 * @param left whether tokens are cut off at the beginning; otherwise at the end
 */
public record Truncation(int maxLength, int stride, Strategy strategy, boolean left) {
    /** Which text of a pair is cut. */
    public enum Strategy {
        /** The longer one, until both are of the same length; then both. */
        LONGEST_FIRST,
        /** The first one. */
        ONLY_FIRST,
        /** The second one. A text without a second one that is too long is refused. */
        ONLY_SECOND
    }

    /**
     * Makes a truncation.
     *
     * @throws IllegalArgumentException if {@code maxLength} or {@code stride} is negative, or {@code stride} not below {@code maxLength}
     */
    public Truncation {
        if (maxLength < 0) throw new IllegalArgumentException("maxLength must be at least 0, but is " + maxLength);
        if (stride < 0 || stride > 0 && stride >= maxLength)
            throw new IllegalArgumentException("stride must be from 0 to below maxLength " + maxLength + ", but is " + stride);
    }

    /** Makes a truncation at the end, of the longer text first, without a stride. */
    public static Truncation to(int maxLength) {
        return new Truncation(maxLength, 0, Strategy.LONGEST_FIRST, false);
    }

    private enum Direction {
        Left, Right
    }

    private enum FileStrategy {
        LongestFirst, OnlyFirst, OnlySecond
    }

    /** Reads the field {@code truncation}, which is an object. */
    static Truncation read(Field field) {
        Field direction = field.get("direction");
        try {
            return new Truncation(field.get("max_length").integer(), field.get("stride").integer(),
                    Strategy.values()[field.get("strategy").constant(FileStrategy.class).ordinal()],
                    !direction.isNull() && direction.constant(Direction.class) == Direction.Left);
        } catch (IllegalArgumentException e) {
            throw field.wrong(e);
        }
    }
}
