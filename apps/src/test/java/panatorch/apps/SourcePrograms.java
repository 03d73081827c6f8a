package panatorch.apps;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.ToolProvider;

/**
 * The single-file programs of a folder.
 *
 * @param sources their files, in the order of their names
 * @param classes the folder that takes their classes
 */
record SourcePrograms(List<Path> sources, Path classes) {
    /** As the project's own code is compiled, but for what concerns the implicit classes of single-file programs. */
    private static final String LINT = "-Xlint:all,-processing,-classfile,-try,-path,-missing-explicit-ctor";

    static SourcePrograms in(Path folder, Path classes) throws IOException {
        try (var files = Files.list(folder)) {
            return new SourcePrograms(files.filter(f -> f.toString().endsWith(".java")).sorted().toList(), classes);
        }
    }

    /** Compiles them one by one, since each is a program of its own and two may name a helper alike. A warning is a failure. */
    void compile() throws IOException {
        var compiler = ToolProvider.getSystemJavaCompiler();
        var found = new DiagnosticCollector<JavaFileObject>();
        try (var manager = compiler.getStandardFileManager(null, null, null)) {
            for (Path source : sources) {
                var options = List.of("-d", Files.createDirectories(classes.resolve(name(source))).toString(), "-cp",
                        System.getProperty("java.class.path"), LINT, "-proc:none");
                compiler.getTask(null, manager, found, options, null, manager.getJavaFileObjects(source)).call();
            }
        }
        assertThat(found.getDiagnostics()).map(d -> d.getSource() + ":" + d.getLineNumber() + ": " + d.getMessage(Locale.ROOT)).isEmpty();
    }

    static String name(Path source) { return source.getFileName().toString().replace(".java", ""); }

    /** Runs a program in this process, and returns what it printed. */
    String run(String name, String... args) throws Exception {
        var printed = new ByteArrayOutputStream();
        PrintStream out = System.out;
        try (var loader = new URLClassLoader(new URL[] {classes.resolve(name).toUri().toURL()}, SourcePrograms.class.getClassLoader())) {
            var type = Class.forName(name, true, loader);
            var constructor = type.getDeclaredConstructor();
            constructor.setAccessible(true);
            var methods = List.of(type.getDeclaredMethods());
            boolean takesNone = methods.stream().anyMatch(m -> m.getName().equals("main") && m.getParameterCount() == 0);
            var main = takesNone ? type.getDeclaredMethod("main") : type.getDeclaredMethod("main", String[].class);
            main.setAccessible(true);
            System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
            if (takesNone) main.invoke(constructor.newInstance());
            else main.invoke(constructor.newInstance(), (Object) args);
        } finally {
            System.setOut(out);
        }
        return printed.toString(StandardCharsets.UTF_8);
    }
}
