package panatorch.optim;

import java.util.function.DoubleFunction;
import panatorch.Tensor;

/**
 * The line search for the strong Wolfe conditions, a step length t along d with {@code f(t) ≤ f(0) + c₁·t·f'(0)} and
 * {@code |f'(t)| ≤ c₂·|f'(0)|}. Steps grow until they bracket such a length, then the bracket shrinks, both by cubic interpolation (Nocedal
 * and Wright 2006, Numerical Optimization, algorithms 3.5 and 3.6).
 */
final class StrongWolfe {
    private static final double C1 = 1e-4, C2 = 0.9, TOLERANCE = 1e-9;

    /** A step length, the evaluation there and the slope there. */
    private record Point(double t, LBFGS.Evaluation value, double slope) {
        double loss() { return value.loss(); }
    }

    private final DoubleFunction<LBFGS.Evaluation> function;
    private final Tensor direction;
    private final double largest;
    private Point best;
    private long evaluations;

    /**
     * Prepares a search.
     *
     * @param largest largest element of the direction
     */
    StrongWolfe(DoubleFunction<LBFGS.Evaluation> function, LBFGS.Evaluation start, double largest, Tensor direction) {
        this.function = function;
        this.direction = direction;
        this.largest = largest;
        best = new Point(0, start, 0);
    }

    LBFGS.Evaluation result() { return best.value; }

    long evaluations() { return evaluations; }

    private Point at(double t) {
        evaluations++;
        LBFGS.Evaluation value = function.apply(t);
        return new Point(t, value, value.gradient().dot(direction).itemDouble());
    }

    /**
     * Runs the search.
     *
     * @param t first step length to try
     * @param slope slope at 0
     * @param tries largest number of tries
     * @return the step length
     */
    double run(double t, double slope, long tries) {
        Point start = new Point(0, best.value, slope), previous = start, now = at(t);
        long n = 0;
        Point[] bracket = null;
        for (; n < tries; n++) {
            if (tooHigh(now, start) || n > 1 && now.loss() >= previous.loss()) {
                bracket = new Point[] {previous, now};
                break;
            }
            if (Math.abs(now.slope) <= -C2 * slope) return found(now);
            if (now.slope >= 0) {
                bracket = new Point[] {previous, now};
                break;
            }
            double next = cubic(previous, now, now.t + 0.01 * (now.t - previous.t), now.t * 10);
            previous = now;
            now = at(next);
        }
        if (bracket == null) bracket = new Point[] {start, now};
        return found(zoomed(bracket, start, n, tries));
    }

    private double found(Point p) {
        best = p;
        return p.t;
    }

    private boolean tooHigh(Point p, Point start) { return p.loss() > start.loss() + C1 * p.t * start.slope; }

    private Point zoomed(Point[] bracket, Point start, long n, long tries) {
        boolean firstIsLow = bracket[0].loss() <= bracket[1].loss(), stuck = false;
        Point low = bracket[firstIsLow ? 0 : 1], high = bracket[firstIsLow ? 1 : 0], a = bracket[0], b = bracket[1];
        for (; n < tries && Math.abs(b.t - a.t) * largest >= TOLERANCE; n++) {
            double least = Math.min(low.t, high.t), most = Math.max(low.t, high.t), t = cubic(a, b, least, most),
                    margin = 0.1 * (most - least);
            if (Math.min(most - t, t - least) < margin) {
                // Twice in a row near an end, or on it: move inwards instead.
                boolean inwards = stuck || t >= most || t <= least;
                if (inwards) t = Math.abs(t - most) < Math.abs(t - least) ? most - margin : least + margin;
                stuck = !inwards;
            } else {
                stuck = false;
            }
            Point now = at(t);
            if (tooHigh(now, start) || now.loss() >= low.loss()) {
                boolean replacesA = a == high;
                if (replacesA) a = now;
                else b = now;
                low = a.loss() <= b.loss() ? a : b;
                high = low == a ? b : a;
            } else {
                boolean done = Math.abs(now.slope) <= -C2 * start.slope, lowIsA = low == a;
                Point other = !done && now.slope * (high.t - low.t) >= 0 ? low : high;
                low = now;
                high = other;
                a = lowIsA ? now : other;
                b = lowIsA ? other : now;
                if (done) break;
            }
        }
        return low;
    }

    /**
     * Returns the minimum, within bounds, of the cubic through both values and slopes, or the middle of the bounds if it has no minimum.
     */
    private static double cubic(Point p, Point q, double least, double most) {
        double d1 = p.slope + q.slope - 3 * (p.loss() - q.loss()) / (p.t - q.t), square = d1 * d1 - p.slope * q.slope;
        if (!(square >= 0)) return (least + most) / 2;
        double d2 = Math.sqrt(square);
        double t = p.t <= q.t ? q.t - (q.t - p.t) * ((q.slope + d2 - d1) / (q.slope - p.slope + 2 * d2))
                : p.t - (p.t - q.t) * ((p.slope + d2 - d1) / (p.slope - q.slope + 2 * d2));
        return Math.min(Math.max(t, least), most);
    }
}
