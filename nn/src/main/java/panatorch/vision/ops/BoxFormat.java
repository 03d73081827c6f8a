package panatorch.vision.ops;

import java.util.Locale;
import panatorch.Tensor;

/** The numbers that describe a box, under torchvision's names. Coordinates are in pixels, x to the right and y downwards. */
public enum BoxFormat {
    /** Left, top, right and bottom edge. */
    XYXY(4),
    /** Left and top edge, width and height. */
    XYWH(4),
    /** Centre, width and height. */
    CXCYWH(4),
    /** Top left corner, width, height and counter-clockwise rotation around the centre in degrees. */
    XYWHR(5),
    /** Centre, width, height and counter-clockwise rotation around the centre in degrees. */
    CXCYWHR(5),
    /** Top left, top right, bottom right and bottom left corner of a rotated box. */
    XYXYXYXY(8);

    private final int numbers;

    BoxFormat(int numbers) { this.numbers = numbers; }

    /** Returns the size of the last dimension of boxes in this format. */
    public int numbers() { return numbers; }

    /** Returns whether boxes in this format may be rotated. */
    public boolean isRotated() { return numbers > 4; }

    /** Returns torchvision's name of the format, such as {@code cxcywh}. */
    @Override public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Returns {@code boxes} if their last dimension is right for this format. */
    Tensor checked(Tensor boxes) {
        if (boxes.dim() == 0 || boxes.size(-1) != numbers)
            throw new IllegalArgumentException("boxes in the format " + this + " are [..., " + numbers + "], not " + boxes.describe());
        return boxes;
    }
}
