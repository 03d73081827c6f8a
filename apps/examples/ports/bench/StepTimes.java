import java.lang.ProcessBuilder.Redirect;
import java.lang.management.ManagementFactory;
import java.lang.reflect.InvocationTargetException;
import java.net.URLClassLoader;
import javax.tools.ToolProvider;

// Times the ports in Java and in Python, which take turns of ten steps: OMP_NUM_THREADS=1 apps/examples/run ports/bench/StepTimes [NAME…]
//
// PYTHON names an interpreter with torch 2.13, torchvision and scipy. Each line of the result is a row of a table in Markdown: milliseconds
// of a step in Java and Python, medians of turns, and the ratio Java ÷ Python of a turn: median, least and greatest. The first half of the
// turns warms up. Times are processor time of the thread that computes, so that other programs of the machine hardly count; Java compiles
// its code on other threads meanwhile.

static final int BLOCK = 10, LEAST_TURNS = 6;
static final double SECONDS = 5;
static final Path PORTS = Path.of("apps/examples/ports");

/** Standard output of a port in Java, which prints a line a step: times turns of steps, and lets Python have its turn after each. */
static class Turns extends OutputStream {
    final List<Double> java = new ArrayList<>(), python = new ArrayList<>();
    final Process other;
    int step;
    double seconds;
    long start = now();

    Turns(Process other) { this.other = other; }

    @Override public void write(int b) throws IOException {
        if (b != '\n' || ++step < BLOCK) return;
        step = 0;
        java.add((now() - start) / 1e6 / BLOCK);
        other.outputWriter().write("go on\n");
        other.outputWriter().flush();
        String line = other.inputReader().readLine();
        if (line == null) throw new IOException("the program in Python ended early; PYTHON names " + interpreter());
        python.add(1000 * Double.parseDouble(line) / BLOCK);
        seconds += BLOCK * (java.getLast() + python.getLast()) / 1000;
        if (seconds > SECONDS && java.size() >= LEAST_TURNS) throw new Enough();
        start = now();
    }
}

/** Ends a port in the middle of its loop. */
static class Enough extends RuntimeException {
    private static final long serialVersionUID = 1;
}

static long now() { return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime(); }

static String interpreter() { return System.getenv().getOrDefault("PYTHON", "python3"); }

static double median(List<Double> values) { return values.stream().sorted().toList().get(values.size() / 2); }

String time(Path source) throws Exception {
    String name = source.getFileName().toString().replace(".java", ""), steps = "100000";
    Path classes = Files.createTempDirectory("ports");
    if (ToolProvider.getSystemJavaCompiler().run(null, null, null, "-proc:none", "-d", classes.toString(), source.toString()) != 0)
        throw new IOException(source + " does not compile");
    Path program = PORTS.resolve(name.replaceAll("(?<!^)([A-Z])", "_$1").toLowerCase(Locale.ROOT) + ".py");
    var python = new ProcessBuilder(interpreter(), PORTS.resolve("bench/turns.py").toString(), program.toString(), steps, "" + BLOCK)
            .redirectError(Redirect.INHERIT).start();
    var turns = new Turns(python);
    PrintStream out = System.out;
    System.setOut(new PrintStream(turns, true));
    try (var loader = new URLClassLoader(new java.net.URL[] {classes.toUri().toURL()}, getClass().getClassLoader())) {
        var constructor = loader.loadClass(name).getDeclaredConstructor();
        constructor.setAccessible(true);
        var main = loader.loadClass(name).getDeclaredMethod("main", String[].class);
        main.setAccessible(true);
        main.invoke(constructor.newInstance(), (Object) new String[] {steps});
    } catch (InvocationTargetException e) {
        if (!(e.getCause() instanceof Enough)) throw e;
    } finally {
        System.setOut(out);
        python.destroy();
    }
    int n = turns.java.size();
    var java = turns.java.subList(n / 2, n);
    var other = turns.python.subList(n / 2, n);
    var ratios = IntStream.range(0, java.size()).mapToObj(i -> java.get(i) / other.get(i)).sorted().toList();
    return String.format(Locale.ROOT, "| %s | %.2f | %.2f | %.2f (%.2f–%.2f) |", name, median(java), median(other), median(ratios),
            ratios.getFirst(), ratios.getLast());
}

void main(String... names) throws Exception {
    List<Path> sources;
    try (var files = Files.list(PORTS)) {
        sources = files.filter(f -> f.toString().endsWith(".java")).sorted().toList();
    }
    var wanted = Set.of(names);
    IO.println("| port | Java, ms | Python, ms | Java ÷ Python |\n|---|---|---|---|");
    for (Path source : sources) {
        if (!wanted.isEmpty() && !wanted.contains(source.getFileName().toString().replace(".java", ""))) continue;
        IO.println(time(source));
        panatorch.Torch.setDefaultDtype(panatorch.DType.FLOAT32);
    }
}
