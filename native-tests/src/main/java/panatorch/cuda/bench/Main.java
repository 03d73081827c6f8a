package panatorch.cuda.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import panatorch.BackendFlag;
import panatorch.Device;
import panatorch.Torch;
import panatorch.bench.Figures.Spread;
import panatorch.cuda.Cuda;
import panatorch.cuda.DeviceProperties;

/**
 * Times training steps on a GPU in Java and in Python in turn, in one run: eager in float32; with bfloat16 autocast and channels last; and
 * the latter as CUDA graphs. Python has these in two ways, recorded as here and by {@code torch.compile(mode="reduce-overhead")}. Both
 * sides must have the same losses before anything is timed.
 *
 * <pre>PYTHON=INTERPRETER java … panatorch.cuda.bench.Main [NET…] [--rounds N] [--seconds S] [--device cpu]</pre>
 *
 * <p>
 * {@code --device cpu} tries the program itself; nothing is recorded there, and Python compiles nothing.
 */
public final class Main {
    private Main() {}

    private static final String USAGE =
            "usage: PYTHON=INTERPRETER … [NET…] [--rounds N] [--seconds S] [--device cpu]; nets are " + Arrays.toString(Net.values());
    /** The largest relative differences of losses: in float32, where sums have different orders, and in bfloat16 with its 8 bits. */
    private static final double FULL = 1e-3, HALF = 3e-2;

    /** A part of Java whose time is divided by that of a part of Python. */
    private record Pair(String java, String python) {}

    private static final List<Pair> PAIRS = List.of(new Pair(JavaSteps.EAGER, "eager"), new Pair(JavaSteps.BF16, "bf16"),
            new Pair(JavaSteps.GRAPHED, "graphed"), new Pair(JavaSteps.GRAPHED, "compiled"));

    public static void main(String[] args) throws IOException {
        Set<Net> nets = EnumSet.noneOf(Net.class);
        int rounds = 5;
        double seconds = 1;
        Device device = Device.cuda(0);
        String python = System.getenv("PYTHON");
        try {
            for (int i = 0; i < args.length; i++) {
                switch (args[i]) {
                    case "--rounds" -> rounds = Integer.parseInt(args[++i]);
                    case "--seconds" -> seconds = Double.parseDouble(args[++i]);
                    case "--device" -> device = Device.of(args[++i]);
                    default -> nets.add(Net.valueOf(args[i].toUpperCase(Locale.ROOT)));
                }
            }
            if (python == null) throw new IllegalArgumentException("PYTHON names no interpreter");
        } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
            System.err.println(USAGE);
            System.exit(2);
        }
        if (device.type() == Device.Type.CUDA) {
            Cuda.synchronize(device); // or says what is missing
            System.out.println(DeviceProperties.of(device));
            BackendFlag.CUDNN_BENCHMARK.set(true);
        }
        for (Net net : nets.isEmpty() ? EnumSet.allOf(Net.class) : nets) measure(net, device, python, rounds, seconds);
    }

    private static void measure(Net net, Device device, String interpreter, int rounds, double seconds) throws IOException {
        try (var java = new JavaSteps(net, device, seconds); var python = new PythonSteps(interpreter, net, device.toString(), seconds)) {
            compare(java.check(), python.check());
            var ratios = new LinkedHashMap<Pair, List<Double>>();
            var times = new LinkedHashMap<String, List<Double>>();
            for (int i = 0; i < rounds; i++) {
                Map<String, Double> ours = java.run(), theirs = python.run();
                for (Pair p : PAIRS) {
                    Double own = ours.get(p.java), other = theirs.get(p.python);
                    if (own != null && other != null) ratios.computeIfAbsent(p, k -> new ArrayList<>()).add(own / other);
                }
                ours.forEach((part, s) -> times.computeIfAbsent("Java " + part, k -> new ArrayList<>()).add(s));
                theirs.forEach((part, s) -> times.computeIfAbsent("Python " + part, k -> new ArrayList<>()).add(s));
            }
            System.out.printf(Locale.ROOT, "%n%s, %d %s; libtorch %s, Python %s%n", net, net.batch,
                    net.reads() ? "sentences of 64 tokens" : "images", Torch.version(), python.hello.get("versions").asText());
            times.forEach((part, all) -> System.out.printf(Locale.ROOT, "  %-16s %9.3f ms a step (median of %d)%n", part,
                    spread(all).median() * 1e3, all.size()));
            ratios.forEach((p, all) -> {
                Spread ratio = spread(all);
                System.out.printf(Locale.ROOT, "  Java %-8s ÷ Python %-9s min %.2f, median %.2f, max %.2f%n", p.java, p.python, ratio.min(),
                        ratio.median(), ratio.max());
            });
        }
    }

    private static void compare(Map<String, Double> java, Map<String, Double> python) {
        python.forEach((part, theirs) -> {
            String own = java.containsKey(part) ? part : JavaSteps.GRAPHED; // Python also has a compiled step
            double ours = Objects.requireNonNull(java.get(own), own), allowed = part.equals(JavaSteps.EAGER) ? FULL : HALF;
            if (!(Math.abs(ours - theirs) <= allowed * Math.abs(theirs)))
                throw new IllegalStateException(
                        "the first loss of " + part + " is " + ours + " in Java and " + theirs + " in Python: they do not do the same");
        });
    }

    private static Spread spread(List<Double> values) { return Spread.of(values.stream().mapToDouble(d -> d).toArray()); }
}
