package panatorch.apps.reproduce;

import java.util.Locale;

/** The size of an experiment. Options on the command line are the constants' names in lower case. */
public enum Scale {
    /** Small networks, few examples and few epochs: minutes on two cores. Differences between variants may not show. */
    QUICK,
    /** Networks that learn, within three hours on two cores. */
    MEDIUM,
    /** The published settings. Most need a GPU. */
    FULL;

    /** Returns the value of this scale. */
    public <T> T of(T quick, T medium, T full) {
        return switch (this) {
            case QUICK -> quick;
            case MEDIUM -> medium;
            case FULL -> full;
        };
    }

    @Override public String toString() { return name().toLowerCase(Locale.ROOT); }
}
