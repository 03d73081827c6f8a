package panatorch.export;

import java.util.Optional;
import java.util.Set;

/** The line of Java code that calls an operator, written as a line of Python's stack traces. */
final class CallPlace {
    private CallPlace() {}

    private static final Set<String> OWN = Set.of("export.CallPlace", "export.Recording", "export.Exporter");
    private static final StackWalker WALKER = StackWalker.getInstance();

    /** Returns the innermost line outside the library's inner workings: {@code "Net.java", line 7, in forward}; empty if there is none. */
    static String here() {
        Optional<StackWalker.StackFrame> frame = WALKER.walk(frames -> frames.filter(f -> !isInner(f.getClassName())).findFirst());
        return frame.map(f -> '"' + f.getFileName() + "\", line " + f.getLineNumber() + ", in " + f.getMethodName()).orElse("");
    }

    /** Returns whether a class belongs to the tensor library, to the exporter or to Java. */
    private static boolean isInner(String className) {
        if (!className.startsWith("panatorch.")) return className.startsWith("java.") || className.startsWith("jdk.");
        String name = className.substring("panatorch.".length()).replaceFirst("\\$.*", "");
        return !name.contains(".") || name.startsWith("internal.") || OWN.contains(name);
    }
}
