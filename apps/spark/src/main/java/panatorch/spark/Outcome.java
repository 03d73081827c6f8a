package panatorch.spark;

import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.OutputStream;
import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * How a rank's program ended.
 *
 * @param result what it returned, if it did not fail
 * @param failure description of the exception that ended it, or null
 * @param cause that exception, if it can be sent
 */
record Outcome(int rank, @Nullable Object result, @Nullable String failure, @Nullable Throwable cause) implements Serializable {
    static Outcome of(int rank, @Nullable Object result) { return new Outcome(rank, result, null, null); }

    static Outcome failed(int rank, Throwable cause) {
        return new Outcome(rank, null, cause.toString(), isSerializable(cause) ? cause : null);
    }

    private static boolean isSerializable(Throwable cause) {
        try (var out = new ObjectOutputStream(OutputStream.nullOutputStream())) {
            out.writeObject(cause);
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
