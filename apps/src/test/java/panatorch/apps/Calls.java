package panatorch.apps;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The outcome of a call of the command line in this JVM. */
record Calls(int status, String out, String err) {
    static Calls of() { return of(new ArrayList<>()); }

    /**
     * Runs a call.
     *
     * @param line words, separated by spaces
     * @param paths further arguments, which may hold spaces
     */
    static Calls of(String line, Path... paths) {
        var args = new ArrayList<>(List.of(line.split(" ")));
        for (Path p : paths) args.add(p.toString());
        return of(args);
    }

    private static Calls of(List<String> args) {
        var out = new StringWriter();
        var err = new StringWriter();
        int status = Panatorch.run(args.toArray(String[]::new), new PrintWriter(out), new PrintWriter(err));
        return new Calls(status, out.toString(), err.toString());
    }
}
