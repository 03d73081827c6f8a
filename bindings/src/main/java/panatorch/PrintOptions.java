package panatorch;

import org.jspecify.annotations.Nullable;

/**
 * The way in which tensors are printed, as {@code torch.set_printoptions} of Python: {@link Torch#setPrintOptions} sets it for the process,
 * and {@link Tensor#toString(PrintOptions)} takes it for one tensor.
 *
 * <pre>{@code
 * Torch.setPrintOptions(PrintOptions.DEFAULT.precision(2).sciMode(false));
 * }</pre>
 *
 * <p>
 * Unlike in Python, options are set all at once, so that the mode of powers of ten does not get lost when another option is set.
 *
 * @param precision digits after the point, from 0 to {@link #MOST_DIGITS}
 * @param threshold the largest number of elements that are all shown
 * @param edgeItems number of elements that are shown at the beginning and at the end of each dimension of a larger tensor
 * @param lineWidth characters of a line
 * @param sciMode whether numbers are written with powers of ten; null to decide by their sizes
 */
public record PrintOptions(int precision, long threshold, int edgeItems, int lineWidth, @Nullable Boolean sciMode) {
    /** The largest precision; a float64 has at most 1074 digits after the point. */
    public static final int MOST_DIGITS = 1074;
    /** Python's profile "default": four digits, lines of 80 characters, three elements at each edge of more than 1000. */
    public static final PrintOptions DEFAULT = new PrintOptions(4, 1000, 3, 80, null);
    /** Python's profile "short": two digits, and two elements at each edge. */
    public static final PrintOptions SHORT = DEFAULT.precision(2).edgeItems(2);
    /** Python's profile "full": all elements. */
    public static final PrintOptions FULL = DEFAULT.threshold(Long.MAX_VALUE);

    /** Checks the numbers. */
    public PrintOptions {
        if (precision < 0 || precision > MOST_DIGITS)
            throw new IllegalArgumentException("the precision must be from 0 to " + MOST_DIGITS + ", not " + precision);
        if (threshold < 0 || edgeItems < 0 || lineWidth < 0)
            throw new IllegalArgumentException("the threshold, the edge items and the line width must not be negative, but are " + threshold
                    + ", " + edgeItems + " and " + lineWidth);
    }

    public PrintOptions precision(int precision) { return new PrintOptions(precision, threshold, edgeItems, lineWidth, sciMode); }

    public PrintOptions threshold(long threshold) { return new PrintOptions(precision, threshold, edgeItems, lineWidth, sciMode); }

    public PrintOptions edgeItems(int edgeItems) { return new PrintOptions(precision, threshold, edgeItems, lineWidth, sciMode); }

    public PrintOptions lineWidth(int lineWidth) { return new PrintOptions(precision, threshold, edgeItems, lineWidth, sciMode); }

    public PrintOptions sciMode(@Nullable Boolean sciMode) { return new PrintOptions(precision, threshold, edgeItems, lineWidth, sciMode); }
}
