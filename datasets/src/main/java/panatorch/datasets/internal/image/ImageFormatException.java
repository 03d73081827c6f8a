package panatorch.datasets.internal.image;

import java.io.IOException;

/** Thrown if a file is not a whole image of a known kind. The message continues "the image NAME cannot be read: ". */
public final class ImageFormatException extends IOException {
    private static final long serialVersionUID = 1;

    public ImageFormatException(String message) { super(message); }

    public ImageFormatException(String message, Throwable cause) { super(message, cause); }

    /** Returns an exception that says that the file ends too early. */
    public static ImageFormatException truncated() {
        return new ImageFormatException("it is truncated");
    }

    /** Returns an exception that says what is wrong in the file. */
    public static ImageFormatException damaged(String what) {
        return new ImageFormatException("it is damaged: " + what);
    }

    /** Returns an exception for a valid file of a rare kind that is not decoded. */
    public static ImageFormatException unsupported(String what) {
        return new ImageFormatException("it is " + what + ", which is not supported; convert it to a common kind of JPEG or PNG");
    }
}
