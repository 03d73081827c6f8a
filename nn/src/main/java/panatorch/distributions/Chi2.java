package panatorch.distributions;

import panatorch.Tensor;

/** The χ² distribution with {@code df} degrees of freedom: {@link Gamma} with concentration {@code df / 2} and rate 1/2. */
public final class Chi2 extends Gamma {
    private Chi2(Tensor concentration, Tensor rate) { super(concentration, rate); }

    /**
     * Returns χ² distributions.
     *
     * @param df degrees of freedom, above 0
     */
    public static Chi2 of(Tensor df) { return new Chi2(df.mul(0.5), df.detach().fullLike(0.5)); }

    /** Returns one χ² distribution, in the default type. */
    public static Chi2 of(double df) { return of(Shapes.number(df)); }

    /** Returns the degrees of freedom. */
    public Tensor df() { return concentration().mul(2); }

    @Override public Chi2 expand(long... batchShape) {
        return derive(() -> new Chi2(concentration().expand(batchShape), rate().expand(batchShape)));
    }
}
