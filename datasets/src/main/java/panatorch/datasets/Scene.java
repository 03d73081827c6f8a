package panatorch.datasets;

import java.util.Arrays;

/**
 * Draws one image of {@link Synthetic}: a textured background, clutter, the figure, more clutter over it, then noise. All colours are
 * random, so only the form tells the class.
 */
final class Scene {
    static final int SIDE = 32, PIXELS = SIDE * SIDE;

    private final SplitMix random;
    /** Red, green and blue planes of {@link #PIXELS} values each, in [0, 255]. */
    private final double[] planes = new double[3 * PIXELS];

    private Scene(SplitMix random) { this.random = random; }

    /** Draws {@code figure} as RGB {@code [3, 32, 32]} into {@code image} at {@code offset}; {@code seed} decides everything else. */
    static void draw(SyntheticFigure figure, long seed, byte[] image, int offset) {
        var scene = new Scene(new SplitMix(seed));
        scene.background();
        scene.clutter(1 + scene.random.nextInt(4));
        scene.figure(figure);
        scene.clutter(scene.random.nextInt(2));
        scene.develop(image, offset);
    }

    private double[] colour() { return new double[] {random.nextDouble(0, 255), random.nextDouble(0, 255), random.nextDouble(0, 255)}; }

    /** Fills the image with a gradient between two colours and lays smooth random blotches over it. */
    private void background() {
        double[] from = colour(), to = colour();
        double dx = random.nextDouble(-1, 1), dy = random.nextDouble(-1, 1), mix = random.nextDouble(0.1, 0.5);
        double[] blotches = blotches(3 + random.nextInt(6));
        double depth = random.nextDouble(5, 30);
        double[] tint = {random.nextDouble(0.4, 1), random.nextDouble(0.4, 1), random.nextDouble(0.4, 1)};
        for (int p = 0; p < PIXELS; p++) {
            double t = 0.5 + mix * (dx * (p % SIDE - 15.5) + dy * (p / SIDE - 15.5)) / SIDE;
            for (int c = 0; c < 3; c++) planes[c * PIXELS + p] = from[c] + (to[c] - from[c]) * t + depth * tint[c] * blotches[p];
        }
    }

    /** Returns {@link #PIXELS} values in [−1, 1]: random on a lattice of {@code cells} by {@code cells}, linear in between. */
    private double[] blotches(int cells) {
        int side = cells + 1;
        var lattice = new double[side * side];
        Arrays.setAll(lattice, i -> random.nextDouble(-1, 1));
        var values = new double[PIXELS];
        for (int p = 0; p < PIXELS; p++) {
            double x = (p % SIDE) * (double) cells / SIDE, y = (p / SIDE) * (double) cells / SIDE;
            int at = (int) y * side + (int) x;
            double u = x - (int) x, v = y - (int) y;
            double top = lattice[at] + u * (lattice[at + 1] - lattice[at]),
                    bottom = lattice[at + side] + u * (lattice[at + side + 1] - lattice[at + side]);
            values[p] = top + v * (bottom - top);
        }
        return values;
    }

    /** Draws short lines and specks that belong to no figure. */
    private void clutter(int pieces) {
        for (int i = 0; i < pieces; i++) {
            double x = random.nextDouble(0, SIDE), y = random.nextDouble(0, SIDE), thickness = random.nextDouble(0.4, 1.3),
                    length = random.chance(0.4) ? 0 : random.nextDouble(2, 8);
            if (length == 0) thickness += random.nextDouble(0.5, 1.5);
            var turn = new Turn(random.nextDouble(-0.5, 0.5));
            double reach = length, thick = thickness;
            paint(colour(), random.nextDouble(0.3, 0.8), x, y, length + thickness + 1, (px, py) -> {
                double u = turn.x(px - x, py - y), v = turn.y(px - x, py - y), beyond = Math.max(Math.abs(u) - reach, 0);
                return Math.sqrt(beyond * beyond + v * v) - thick;
            });
        }
    }

    private void figure(SyntheticFigure figure) {
        double radius = random.nextDouble(9, 14), play = 17 - radius, detail = random.nextDouble();
        double x = 16 + random.nextDouble(-play, play), y = 16 + random.nextDouble(-play, play), stretch = random.nextDouble(0.85, 1.18);
        var turn = new Turn(random.nextDouble(-figure.turn, figure.turn));
        paint(contrasting(x, y), random.nextDouble(0.5, 1), x, y, 2 * radius,
                (px, py) -> figure.distance(turn.x(px - x, py - y) * stretch, turn.y(px - x, py - y) / stretch, radius, detail));
    }

    /** Returns a colour that differs from the pixel at ({@code x}, {@code y}), so that the figure is visible. */
    private double[] contrasting(double x, double y) {
        int p = Math.clamp((int) y, 0, SIDE - 1) * SIDE + Math.clamp((int) x, 0, SIDE - 1);
        while (true) {
            double[] colour = colour();
            double square = 0;
            for (int c = 0; c < 3; c++) square += (colour[c] - planes[c * PIXELS + p]) * (colour[c] - planes[c * PIXELS + p]);
            if (square > 100 * 100) return colour;
        }
    }

    /**
     * Blends {@code colour} over the inside of an outline, with edges one pixel soft. No part of the outline lies farther than
     * {@code reach} from (x, y) along an axis.
     */
    private void paint(double[] colour, double opacity, double x, double y, double reach, Outline outline) {
        int left = Math.max(0, (int) (x - reach)), right = Math.min(SIDE - 1, (int) (x + reach));
        int top = Math.max(0, (int) (y - reach)), bottom = Math.min(SIDE - 1, (int) (y + reach));
        for (int row = top; row <= bottom; row++) {
            for (int column = left; column <= right; column++) {
                double cover = opacity * Math.clamp(0.5 - outline.distance(column + 0.5, row + 0.5), 0, 1);
                if (cover > 0)
                    for (int c = 0; c < 3; c++)
                        planes[c * PIXELS + row * SIDE + column] += cover * (colour[c] - planes[c * PIXELS + row * SIDE + column]);
            }
        }
    }

    private interface Outline {
        double distance(double x, double y);
    }

    /** Adds camera noise and rounds to bytes. */
    private void develop(byte[] image, int offset) {
        double deviation = random.nextDouble(3, 14);
        for (int i = 0; i < planes.length; i++)
            image[offset + i] = (byte) Math.clamp(Math.round(planes[i] + deviation * random.noise()), 0, 255);
    }

    /** A rotation by a fraction of a full turn. It uses {@link StrictMath}, since {@link Math#sin} may differ between machines. */
    private record Turn(double cos, double sin) {
        Turn(double share) { this(StrictMath.cos(2 * Math.PI * share), StrictMath.sin(2 * Math.PI * share)); }

        double x(double x, double y) { return cos * x + sin * y; }

        double y(double x, double y) { return cos * y - sin * x; }
    }
}
