package panatorch.text.internal;

/**
 * Numbers with fractions as Rust's {@code serde_json} reads them: the digits as a whole number, divided by a power of ten. The result may
 * differ from the nearest one in the last bit, and scores of a Unigram model that are equal but for that bit decide how a text is split.
 */
final class JsonNumber {
    private static final int LARGEST_POWER = 308;
    private static final double[] POWERS = new double[LARGEST_POWER + 1];

    static {
        for (int i = 0; i < POWERS.length; i++) POWERS[i] = Double.parseDouble("1e" + i);
    }

    private JsonNumber() {}

    /** Returns the value of a number in JSON's notation; digits that do not fit 64 bits are left out. */
    static double parse(String text) {
        long digits = 0;
        int exponent = 0;
        boolean fraction = false, full = false;
        int at = text.startsWith("-") ? 1 : 0;
        for (; at < text.length() && text.charAt(at) != 'e' && text.charAt(at) != 'E'; at++) {
            char c = text.charAt(at);
            if (c == '.') {
                fraction = true;
                continue;
            }
            full |= Long.compareUnsigned(digits, Long.divideUnsigned(-1L - (c - '0'), 10)) > 0;
            if (!full) digits = digits * 10 + (c - '0');
            if (fraction != full) exponent += fraction ? -1 : 1;
        }
        if (at < text.length()) exponent += exponent(text.substring(at + 1));
        double value = scaled(digits >= 0 ? digits : 2.0 * (digits >>> 1 | digits & 1), exponent);
        return text.startsWith("-") ? -value : value;
    }

    private static int exponent(String text) {
        if (text.length() < 9) return Integer.parseInt(text);
        return text.startsWith("-") ? -100_000 : 100_000; // all beyond the range of double
    }

    private static double scaled(double digits, int exponent) {
        double value = digits;
        int left = exponent;
        for (; left < -LARGEST_POWER && value != 0; left += LARGEST_POWER) value /= POWERS[LARGEST_POWER];
        if (value == 0) return value;
        return left >= 0 ? value * POWERS[Math.min(left, LARGEST_POWER)] : value / POWERS[-left];
    }
}
