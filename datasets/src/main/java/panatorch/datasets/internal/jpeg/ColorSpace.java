package panatorch.datasets.internal.jpeg;

/** The meaning of an image's components. */
public enum ColorSpace {
    GREY, RGB, YCBCR, CMYK, YCCK;

    boolean hasChroma() { return this == YCBCR || this == YCCK; }

    boolean hasInk() { return this == CMYK || this == YCCK; }

    /**
     * Guesses the meaning as libjpeg does.
     *
     * @param jfif whether there is a JFIF segment
     * @param adobe the colour transform of Adobe's segment, or −1 if there is none
     */
    static ColorSpace of(Frame frame, boolean jfif, int adobe) {
        var components = frame.components();
        if (components.size() == 1) return GREY;
        if (components.size() == 4) return adobe > 0 ? YCCK : CMYK;
        if (jfif) return YCBCR;
        if (adobe >= 0) return adobe == 0 ? RGB : YCBCR;
        boolean letters = components.get(0).id == 'R' && components.get(1).id == 'G' && components.get(2).id == 'B';
        return letters ? RGB : YCBCR;
    }
}
