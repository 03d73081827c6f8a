package panatorch.nn.dropout.gyro;

import org.jspecify.annotations.Nullable;

/**
 * What a layer's masks are of, and which layers of a model get them.
 *
 * @param units what a mask has a value for
 * @param scale what kept values are multiplied by
 * @param group consecutive units that are kept or dropped together; 1 for each on its own. The paper's "block-wise" form: exactly
 *     round((1 − p) · D / group) groups of each mask are kept, and the keep probability is this number's share of all
 * @param p the drop probability of all layers, in (0, 1), or null for each layer's own
 * @param channelLayers whether {@code Dropout1d}, {@code Dropout2d} and {@code Dropout3d} get masks, beside {@code Dropout}
 */
public record GyroOptions(Units units, Scale scale, int group, @Nullable Double p, boolean channelLayers) {
    /** What a mask has a value for. */
    public enum Units {
        /** Features of [B, D] and of tokens [B, T, D], channels of [B, C, H, W] and of more dimensions. */
        FEATURES,
        /** Channels of [B, C, …], whatever follows: of sequences [B, C, L], too. */
        CHANNELS,
        /** Every element of an example: of [B, C, H, W] a bank [σ, C·H·W], which may be large. */
        ELEMENTS
    }

    /** What kept values are multiplied by. */
    public enum Scale {
        /** 1/(1 − p), or with groups D/(units kept), so that a mask's mean is 1 over all subnetworks that could have been drawn. */
        EXPECTED,
        /** 1/(fraction kept by the subnetworks that train now), as in the authors' code: the mean is 1 over these. */
        EMPIRICAL
    }

    public static final GyroOptions DEFAULT = new GyroOptions(Units.FEATURES, Scale.EXPECTED, 1, null, false);

    /** @throws IllegalArgumentException if {@code group} is below 1 or {@code p} outside (0, 1) */
    public GyroOptions {
        if (group < 1) throw new IllegalArgumentException("a group is of at least one unit, not of " + group);
        if (p != null) checkP(p);
    }

    static double checkP(double p) {
        if (p > 0 && p < 1) return p;
        throw new IllegalArgumentException("gyro dropout needs a drop probability between 0 and 1, not " + p
                + (p == 1 ? ": every subnetwork would be the empty one" : p == 0 ? ": there would be one subnetwork, the whole" : ""));
    }

    public GyroOptions units(Units units) { return new GyroOptions(units, scale, group, p, channelLayers); }

    public GyroOptions scale(Scale scale) { return new GyroOptions(units, scale, group, p, channelLayers); }

    public GyroOptions group(int units) { return new GyroOptions(this.units, scale, units, p, channelLayers); }

    public GyroOptions p(double p) { return new GyroOptions(units, scale, group, p, channelLayers); }

    public GyroOptions channelLayers(boolean on) { return new GyroOptions(units, scale, group, p, on); }
}
