package panatorch.datasets;

/**
 * The ten classes of {@link Synthetic}: six shapes, and four textures within a patch. Each is defined about the origin by the signed
 * distance from its edge in pixels, negative inside. No trigonometry is used, so that every platform draws the same images.
 */
enum SyntheticFigure {
    CIRCLE(0.5) {
        @Override double distance(double x, double y, double radius, double detail) { return length(x, y) - 0.9 * radius; }
    },
    SQUARE(0.5) {
        @Override double distance(double x, double y, double radius, double detail) { return box(x, y, 0.8 * radius, 0.8 * radius); }
    },
    TRIANGLE(0.5) {
        @Override double distance(double x, double y, double radius, double detail) {
            return Math.max(-y, 0.866025403784 * Math.abs(x) + 0.5 * y) - 0.55 * radius;
        }
    },
    CROSS(0.5) {
        @Override double distance(double x, double y, double radius, double detail) {
            double arm = (0.22 + 0.12 * detail) * radius;
            return Math.min(box(x, y, arm, radius), box(x, y, radius, arm));
        }
    },
    RING(0.5) {
        @Override double distance(double x, double y, double radius, double detail) {
            return Math.abs(length(x, y) - 0.75 * radius) - (0.13 + 0.1 * detail) * radius;
        }
    },
    STAR(0.5) {
        @Override double distance(double x, double y, double radius, double detail) {
            // Folds the plane twice until one tenth of the star is left.
            double fx = Math.abs(x), fy = y;
            double d = Math.max(C36 * fx - S36 * fy, 0);
            fx -= 2 * d * C36;
            fy += 2 * d * S36;
            d = Math.max(-C36 * fx - S36 * fy, 0);
            fx = Math.abs(fx + 2 * d * C36);
            fy += 2 * d * S36 - 1.1 * radius;
            double inner = 0.38 + 0.12 * detail, bx = inner * S36, by = inner * C36 - 1;
            double along = Math.clamp((fx * bx + fy * by) / (bx * bx + by * by), 0, 1.1 * radius);
            return length(fx - bx * along, fy - by * along) * Math.signum(fy * bx - fx * by);
        }
    },
    HORIZONTAL_STRIPES(0.04) {
        @Override double distance(double x, double y, double radius, double detail) {
            return Math.max(patch(x, y, radius), band(y, 3.6 + 3 * detail, 0.5));
        }
    },
    VERTICAL_STRIPES(0.04) {
        @Override double distance(double x, double y, double radius, double detail) {
            return Math.max(patch(x, y, radius), band(x, 3.6 + 3 * detail, 0.5));
        }
    },
    CHECKERBOARD(0.5) {
        @Override double distance(double x, double y, double radius, double detail) {
            double period = 6 + 4 * detail, a = band(x, period, 0.5), b = band(y, period, 0.5);
            return Math.max(patch(x, y, radius), Math.max(Math.min(a, b), Math.min(-a, -b)));
        }
    },
    DOTS(0.5) {
        @Override double distance(double x, double y, double radius, double detail) {
            double period = 4.4 + 2.6 * detail;
            return Math.max(patch(x, y, radius), length(offset(x, period), offset(y, period)) - 0.3 * period);
        }
    };

    private static final double S36 = 0.587785252292, C36 = 0.809016994375;

    /** The largest rotation to either side that keeps the class, as a fraction of a full turn. */
    final double turn;

    SyntheticFigure(double turn) { this.turn = turn; }

    /**
     * Returns the signed distance of (x, y) from the figure's edge in pixels, negative inside.
     *
     * @param radius about half the figure's extent, in pixels
     * @param detail in [0, 1]: the thickness of a shape's parts, the period of a texture
     */
    abstract double distance(double x, double y, double radius, double detail);

    private static double length(double x, double y) { return Math.sqrt(x * x + y * y); }

    private static double box(double x, double y, double halfWidth, double halfHeight) {
        return Math.max(Math.abs(x) - halfWidth, Math.abs(y) - halfHeight);
    }

    /** Returns the signed distance from the patch of a texture: an octagon, which resembles neither the circle nor the square. */
    private static double patch(double x, double y, double radius) {
        return Math.max(box(x, y, radius, radius), 0.7071067811865 * (Math.abs(x) + Math.abs(y)) - radius);
    }

    /** Returns the signed distance of {@code t} from the nearest multiple of {@code period}. */
    private static double offset(double t, double period) {
        return t - period * Math.rint(t / period);
    }

    /** Returns the signed distance from parallel bands that cover {@code share} of the plane. */
    private static double band(double t, double period, double share) {
        return Math.abs(offset(t, period)) - 0.5 * share * period;
    }
}
