package panatorch.apps.console;

import java.util.regex.Pattern;

/** Names of files that are being written: {@code .name.<hexadecimal>.unfinished}, renamed when they are whole. */
public final class UnfinishedFile {
    private UnfinishedFile() {}

    private static final Pattern NAME = Pattern.compile("\\.(.+)\\.[0-9a-f]{1,16}\\.unfinished");

    /** Returns whether the last part of a path is such a name. */
    public static boolean is(String file) {
        return NAME.matcher(file.substring(file.lastIndexOf('/') + 1)).matches();
    }

    /** Returns the path under which an unfinished file would have appeared, and any other path as it is. */
    static String finished(String file) {
        int name = file.lastIndexOf('/') + 1; // not a Path: in a POSIX locale the name may be no valid path
        var unfinished = NAME.matcher(file.substring(name));
        return unfinished.matches() ? file.substring(0, name) + unfinished.group(1) : file;
    }
}
