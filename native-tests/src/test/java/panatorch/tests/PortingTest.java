package panatorch.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URI;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/**
 * Every row of the porting page compiles without a warning, runs, is true where it is a comparison, and leaves no tensor behind.
 *
 * <p>
 * A comment {@code <!-- given: … -->} holds for the tables after it, up to the next: what each of their rows starts with. A comment
 * {@code <!-- constructor -->} says that the rows stand in a module's constructor, and {@code <!-- not run -->} in a row that it is only
 * compiled: it needs a GPU, prints, or takes long. Public for the class that is compiled.
 */
@NoTensorLeaks
public class PortingTest {
    private static final Pattern LINE = Pattern.compile(
            "## (?<title>.+)|<!-- given: (?<given>.*) -->|<!-- (?<constructor>constructor) -->|\\| (?<python>.+?) (?<!\\\\)\\| "
                    + "(?<java>.+) \\|");
    private static final Pattern CODE = Pattern.compile("`([^`]+)`");
    private static final Pattern DECLARATION = Pattern.compile("(?:^|; )[A-Za-z][\\w.]*(?:<[^=]*>)?(?:\\[])* (\\w+) = [^;]*");
    /** As the project's own code is compiled: a guard is a resource that nobody reads. */
    private static final String LINT = "-Xlint:all,-processing,-classfile,-try,-path";

    @TempDir
    static Path classes;
    @TempDir
    Path folder;

    private record Row(int line, String title, String python, String given, boolean constructor, List<String> snippets, boolean runs) {
        @Override public String toString() {
            return "PORTING.md:" + line + " (" + title + ") " + python + " | " + String.join(" ", snippets);
        }
    }

    private static List<Row> rows;
    private static List<String> complaints;

    /** What a row's expressions go through; it closes the modules, optimisers and the like that the row made. */
    public static final class Uses {
        public interface Value { Object get() throws Exception; }

        public interface Action { void run() throws Exception; }

        private final List<AutoCloseable> own = new ArrayList<>();

        /** An expression: a comparison must be true. */
        public void use(Value value) throws Exception {
            Object v = value.get();
            assertThat(v).as("a comparison").isNotEqualTo(false);
            own(v);
        }

        public void use(Action action) throws Exception { action.run(); }

        /** Tensors are the scope's. */
        public void own(Object value) {
            if (value instanceof AutoCloseable c && !(c instanceof Tensor) && own.stream().noneMatch(o -> o == c)) own.add(c);
        }

        void close() throws Exception {
            for (AutoCloseable c : own.reversed()) c.close();
        }
    }

    @BeforeAll static void compile() throws IOException {
        String page = Files.readString(Path.of("../nn/PORTING.md"));
        rows = rows(page);
        Matcher imports = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(page);
        assertThat(imports.find()).as("the imports, in a block of Java").isTrue();
        var source = new StringBuilder(imports.group(1)).append("public final class Rows {\n");
        int first = (int) source.chars().filter(c -> c == '\n').count() + 1;
        // a row a line, so that a line tells the row
        for (int i = 0; i < rows.size(); i++) source.append(method(i, rows.get(i))).append('\n');
        var file = new SimpleJavaFileObject(URI.create("string:///Rows.java"), JavaFileObject.Kind.SOURCE) {
            @Override public CharSequence getCharContent(boolean ignoreEncodingErrors) { return source + "}\n"; }
        };
        var found = new DiagnosticCollector<JavaFileObject>();
        ToolProvider.getSystemJavaCompiler().getTask(null, null, found,
                List.of("-d", classes.toString(), "-cp", System.getProperty("java.class.path"), LINT, "-proc:none"), null, List.of(file))
                .call();
        complaints = found.getDiagnostics().stream().map(d -> at(d, first) + ": " + d.getMessage(Locale.ROOT)).toList();
    }

    private static String at(Diagnostic<? extends JavaFileObject> d, int first) {
        int row = (int) d.getLineNumber() - first;
        return row >= 0 && row < rows.size() ? rows.get(row).toString() : "the imports";
    }

    private static List<Row> rows(String page) {
        var rows = new ArrayList<Row>();
        String title = "", given = "";
        boolean constructor = false;
        int line = 0;
        for (String text : page.lines().toList()) {
            line++;
            Matcher m = LINE.matcher(text);
            if (!m.matches()) {
                assertThat(text).as("line %s is a row of two columns, or none", line).doesNotStartWith("| `");
                continue;
            }
            if (m.group("title") != null) {
                title = m.group("title");
                given = "";
                constructor = false;
            } else if (m.group("given") != null) {
                given = m.group("given");
                constructor = false;
            } else if (m.group("constructor") != null) {
                constructor = true;
            } else if (!m.group("python").matches("(in )?Python")) {
                var snippets = CODE.matcher(m.group("java")).results().map(r -> r.group(1).replace("\\|", "|")).toList();
                assertThat(snippets).as("the Java of line %s", line).isNotEmpty();
                rows.add(new Row(line, title, m.group("python"), given, constructor, snippets,
                        !m.group("java").contains("<!-- not run -->")));
            }
        }
        return rows;
    }

    private static String method(int i, Row row) {
        var body = new StringBuilder(statement(row.given));
        row.snippets.forEach(s -> body.append(statement(s)));
        String code = body.toString();
        if (row.constructor) code = "final class Net extends Module { Net() throws Exception { " + code + "} } u.own(new Net()); ";
        return "public static void row" + i + "(panatorch.tests.PortingTest.Uses u, Path folder) throws Exception { " + code + "}";
    }

    /** An expression goes through {@code use}, which sees its value; what declarations name goes to {@code own}. */
    private static String statement(String snippet) {
        Matcher declared = DECLARATION.matcher(snippet);
        boolean complete = snippet.isEmpty() || snippet.endsWith(";") || snippet.endsWith("}");
        if (!complete && !declared.lookingAt()) return "u.use(() -> " + snippet + "); ";
        var code = new StringBuilder(snippet).append(complete ? " " : "; ");
        if (declared.lookingAt()) declared.reset().results().forEach(d -> code.append("u.own(").append(d.group(1)).append("); "));
        return code.toString();
    }

    @Test void every_row_compiles_without_a_warning() {
        assertThat(complaints).isEmpty();
        assertThat(rows).hasSizeGreaterThan(80);
    }

    @Test void every_row_runs_and_leaves_no_tensor_behind() throws Exception {
        assertThat(complaints).isEmpty();
        var failures = new ArrayList<String>();
        try (var loader = new URLClassLoader(new java.net.URL[] {classes.toUri().toURL()}, getClass().getClassLoader())) {
            Class<?> compiled = loader.loadClass("Rows");
            for (int i = 0; i < rows.size(); i++) if (rows.get(i).runs) run(compiled, i, failures);
        }
        assertThat(failures).isEmpty();
    }

    private void run(Class<?> compiled, int i, List<String> failures) throws Exception {
        long before = Torch.liveTensors();
        var uses = new Uses();
        try (var scope = Scope.open()) {
            compiled.getMethod("row" + i, Uses.class, Path.class).invoke(null, uses, Files.createDirectories(folder.resolve("row" + i)));
        } catch (InvocationTargetException e) {
            failures.add(rows.get(i) + ": " + e.getCause());
        } finally {
            uses.close();
        }
        if (Torch.liveTensors() > before) failures.add(rows.get(i) + ": " + (Torch.liveTensors() - before) + " tensors left");
    }
}
