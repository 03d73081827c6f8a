package panatorch.nn.dropout.gyro;

import org.jspecify.annotations.Nullable;

/**
 * Options of gyro masks: their units, scale and groups, and the layers that get them.
 *
 * @param units units for which a mask has a value
 * @param scale factor of kept values
 * @param group number of consecutive units that are kept or dropped together; 1 for each by itself. This is the paper's "block-wise" form:
 * exactly round((1 − p) · D / group) groups of each mask are kept, and the keep probability is this number divided by that of all groups
 * @param p drop probability of all layers, in (0, 1), or null for each layer's own
 * @param channelLayers whether {@code Dropout1d}, {@code Dropout2d} and {@code Dropout3d} get masks too, besides {@code Dropout}
 */
public record GyroOptions(Units units, Scale scale, int group, @Nullable Double p, boolean channelLayers) {
    /** The units for which a mask has a value. */
    public enum Units {
        /** Features of [B, D] and of tokens [B, T, D]; channels of [B, C, H, W] and of more dimensions. */
        FEATURES,
        /** Channels of [B, C, …], whatever follows, also of sequences [B, C, L]. */
        CHANNELS,
        /** Every element of an example. For [B, C, H, W] the bank is [σ, C·H·W], which may be large. */
        ELEMENTS
    }

    /** The factor of kept values. */
    public enum Scale {
        /** 1/(1 − p), or D/(units kept) with groups: a mask's mean is 1 over all subnetworks that could have been drawn. */
        EXPECTED,
        /** 1/(fraction kept by the active subnetworks), as in the authors' code: the mean is 1 over these. */
        EMPIRICAL
    }

    public static final GyroOptions DEFAULT = new GyroOptions(Units.FEATURES, Scale.EXPECTED, 1, null, false);

    /**
     * Checks the options.
     *
     * @throws IllegalArgumentException if {@code group} is below 1 or {@code p} outside (0, 1)
     */
    public GyroOptions {
        if (group < 1) throw new IllegalArgumentException("a group has to have at least 1 unit, not " + group);
        if (p != null) checkP(p);
    }

    static double checkP(double p) {
        if (p > 0 && p < 1) return p;
        throw new IllegalArgumentException("gyro dropout needs a drop probability between 0 and 1, not " + p
                + (p == 1 ? ": every subnetwork would be empty" : p == 0 ? ": every subnetwork would be the whole network" : ""));
    }

    public GyroOptions units(Units units) { return new GyroOptions(units, scale, group, p, channelLayers); }

    public GyroOptions scale(Scale scale) { return new GyroOptions(units, scale, group, p, channelLayers); }

    public GyroOptions group(int units) { return new GyroOptions(this.units, scale, units, p, channelLayers); }

    public GyroOptions p(double p) { return new GyroOptions(units, scale, group, p, channelLayers); }

    public GyroOptions channelLayers(boolean on) { return new GyroOptions(units, scale, group, p, on); }
}
