package panatorch.vision.utils;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A colour: red, green and blue, each from 0 to 255.
 *
 * @param red amount of red
 * @param green amount of green
 * @param blue amount of blue
 */
public record Rgb(int red, int green, int blue) {
    private static final Map<String, Integer> NAMES = Map.ofEntries(Map.entry("black", 0x000000), Map.entry("silver", 0xC0C0C0),
            Map.entry("gray", 0x808080), Map.entry("white", 0xFFFFFF), Map.entry("maroon", 0x800000), Map.entry("red", 0xFF0000),
            Map.entry("purple", 0x800080), Map.entry("fuchsia", 0xFF00FF), Map.entry("magenta", 0xFF00FF), Map.entry("green", 0x008000),
            Map.entry("lime", 0x00FF00), Map.entry("olive", 0x808000), Map.entry("yellow", 0xFFFF00), Map.entry("navy", 0x000080),
            Map.entry("blue", 0x0000FF), Map.entry("teal", 0x008080), Map.entry("aqua", 0x00FFFF), Map.entry("cyan", 0x00FFFF),
            Map.entry("orange", 0xFFA500));

    public Rgb {
        if ((red | green | blue) < 0 || (red | green | blue) > 255)
            throw new IllegalArgumentException("red, green and blue are from 0 to 255, not " + red + ", " + green + " and " + blue);
    }

    /**
     * Reads a colour.
     *
     * @param text {@code #ff8800}, {@code #f80}, or one of the 16 basic names of CSS, {@code cyan}, {@code magenta} or {@code orange}
     */
    public static Rgb of(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        Integer number = NAMES.get(lower);
        if (number == null && lower.matches("#[0-9a-f]{6}")) number = Integer.parseInt(lower, 1, 7, 16);
        if (number == null && lower.matches("#[0-9a-f]{3}")) {
            int digits = Integer.parseInt(lower, 1, 4, 16);
            number = 17 * ((digits & 0xF00) << 8 | (digits & 0xF0) << 4 | digits & 0xF);
        }
        if (number == null)
            throw new IllegalArgumentException(
                    "'" + text + "' is not a colour; write #rrggbb, or one of " + NAMES.keySet().stream().sorted().toList());
        return new Rgb(number >> 16, number >> 8 & 0xFF, number & 0xFF);
    }

    /** Returns {@code n} colours that differ, torchvision's own: the first one is black. */
    public static List<Rgb> palette(int n) {
        var colors = new ArrayList<Rgb>();
        for (long i = 0; i < n; i++)
            colors.add(new Rgb((int) (i * ((1 << 25) - 1) % 255), (int) (i * ((1 << 15) - 1) % 255), (int) (i * ((1 << 21) - 1) % 255)));
        return colors;
    }
}
