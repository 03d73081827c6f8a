package panatorch.apps.run;

import java.io.IOException;
import java.nio.file.Path;
import jdk.jfr.Recording;
import org.jspecify.annotations.Nullable;
import panatorch.apps.options.OutputFolder;

/** Makes the recordings of {@code --flight-recording}. */
final class FlightRecordings {
    private FlightRecordings() {}

    /** Starts a recording, which is written when it is closed. Returns null if none is wanted. */
    static @Nullable Recording start(boolean wanted, Path folder) throws IOException {
        if (!wanted) return null;
        var recording = new Recording();
        recording.setDestination(folder.resolve(OutputFolder.RECORDING));
        recording.start();
        return recording;
    }
}
