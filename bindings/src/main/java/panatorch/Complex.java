package panatorch;

/** A complex number, which operators accept wherever they accept a number. */
public final class Complex extends Number {
    private static final long serialVersionUID = 1;
    private final double real;
    private final double imaginary;

    public Complex(double real, double imaginary) {
        this.real = real;
        this.imaginary = imaginary;
    }

    public double real() { return real; }

    public double imaginary() { return imaginary; }

    @Override public int intValue() { return (int) real; }

    @Override public long longValue() { return (long) real; }

    @Override public float floatValue() { return (float) real; }

    /** Returns the real part. */
    @Override public double doubleValue() { return real; }

    @Override public boolean equals(Object o) {
        return o instanceof Complex c && Double.compare(real, c.real) == 0 && Double.compare(imaginary, c.imaginary) == 0;
    }

    @Override public int hashCode() { return Double.hashCode(real) * 31 + Double.hashCode(imaginary); }

    @Override public String toString() { return real + (imaginary < 0 ? "" : "+") + imaginary + "j"; }
}
