package panatorch.apps.run;

import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.apache.logging.log4j.ThreadContext;
import panatorch.apps.console.ConsoleWriter;

/**
 * The output of a run: on the console, unless the run is quiet, and with the time in {@code run.log} in its folder. Warnings of this thread
 * go there too.
 */
public final class RunLog implements AutoCloseable {
    /** Names that {@code log4j2.xml} uses. */
    private static final String RUN = "run", LEVEL = "panatorch.log.level", LOGGER = "panatorch.run";

    private final PrintWriter out;

    private RunLog(PrintWriter out) { this.out = out; }

    /** Configures logging. To be called before anything is logged, and before Ctrl-C, after which logging cannot be configured. */
    public static void configure(boolean verbose, boolean quiet) {
        System.setProperty(LEVEL, verbose ? "debug" : quiet ? "error" : "warn");
        LogManager.getContext(false);
    }

    public static RunLog open(Path folder, PrintWriter console, boolean quiet) {
        ThreadContext.put(RUN, folder.toAbsolutePath().toString());
        return new RunLog(new ConsoleWriter(new Lines(quiet ? Writer.nullWriter() : console, LogManager.getLogger(LOGGER))));
    }

    public PrintWriter out() { return out; }

    /** Writes a line to {@code run.log} only. */
    void note(String line) { LogManager.getLogger(LOGGER).info(line); }

    @Override public void close() {
        out.flush();
        ThreadContext.remove(RUN);
    }

    /** Logs each complete line. */
    private static final class Lines extends Writer {
        private final Writer console;
        private final Logger log;
        private final StringBuilder line = new StringBuilder();

        Lines(Writer console, Logger log) {
            this.console = console;
            this.log = log;
        }

        @Override public void write(char[] text, int from, int length) throws java.io.IOException {
            console.write(text, from, length);
            for (int i = from; i < from + length; i++) {
                if (text[i] != '\n') line.append(text[i]);
                else {
                    if (!line.isEmpty()) log.info(line.toString());
                    line.setLength(0);
                }
            }
        }

        @Override public void flush() throws java.io.IOException { console.flush(); }

        @Override public void close() throws java.io.IOException { flush(); }
    }
}
