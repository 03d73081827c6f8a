package panatorch.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.export.CompiledProgram;
import panatorch.export.ExportedProgram;
import panatorch.export.OptimizeOptions;
import panatorch.export.OptimizedProgram;
import panatorch.export.Outputs;

/**
 * Measures the processor seconds of one thread for an answer of a model that Python exported or compiled, to one example, and to load it:
 * the exported program as it is and optimised, beside Python's eager network; compiled code on both sides; and the optimised program beside
 * code that Python froze and compiled.
 */
final class ExportedInference implements Workload {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final double SECONDS = 0.4;

    private final String net;
    private final Path folder;
    private final ExportedProgram plain;
    private final OptimizedProgram optimised;
    private final CompiledProgram compiled;
    private final Tensor example;
    private final Map<String, Supplier<Tensor>> answers = new LinkedHashMap<>();
    /** The number of elements of the last answer, which makes every answer count. */
    private long last;

    ExportedInference(String net, long... shape) {
        this.net = net;
        String python = System.getenv("PYTHON"), scripts = System.getProperty("panatorch.bench.scripts", "bench");
        if (python == null) throw new IllegalStateException("export-" + net + " needs PYTHON, an interpreter with torch, and g++.");
        try (var noGrad = NoGrad.enter()) {
            folder = Files.createTempDirectory("exported-");
            ChildProcess.run(List.of(python, Path.of(scripts, script()).toString(), "--make", net, folder.toString()));
            plain = ExportedProgram.load(file());
            optimised = plain.optimize(OptimizeOptions.all());
            compiled = CompiledProgram.load(folder.resolve(net + ".compiled.pt2"));
            example = example(net.equals("bert"), shape);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        answers.put("plain", () -> answer(plain.run(example)));
        answers.put("optimised", () -> answer(optimised.run(example)));
        answers.put("compiled", () -> answer(compiled.run(example)));
        answers.put("optimised, frozen in Python", () -> answer(optimised.run(example)));
    }

    private Path file() { return folder.resolve(net + ".pt2"); }

    private static Tensor answer(Outputs outputs) { return outputs.tensor(0); }

    private static Tensor example(boolean tokens, long... shape) {
        try (var scope = Scope.open()) {
            long count = 1;
            for (long size : shape) count *= size;
            Tensor numbers = Torch.arange(count);
            return (tokens ? numbers.mul(7).remainder(1000) : numbers.remainder(17).sub(8).to(DType.FLOAT32).div(8)).reshape(shape)
                    .escape();
        }
    }

    @Override public String script() { return "exported.py"; }

    @Override public List<String> arguments() { return List.of(net, folder.toString()); }

    @Override public String parts() { return "ways to run it"; }

    @Override public double tolerance() { return 1e-3; }

    @Override public Map<String, Double> check() {
        var check = new LinkedHashMap<String, Double>();
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            answers.forEach((part, answer) -> check.put(part, Checksum.of(answer.get().square())));
        }
        check.put("load", 1.0);
        return check;
    }

    @Override public Map<String, Double> run() {
        var seconds = new LinkedHashMap<String, Double>();
        try (var noGrad = NoGrad.enter()) {
            answers.forEach((part, answer) -> seconds.put(part, seconds(() -> {
                try (var scope = Scope.open()) {
                    last = answer.get().numel();
                }
            })));
            seconds.put("load", seconds(() -> {
                try (var program = ExportedProgram.load(file())) {
                    program.signature();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }));
        }
        return seconds;
    }

    private static double seconds(Runnable part) {
        part.run();
        long start = THREADS.getCurrentThreadCpuTime(), calls = 0;
        while (THREADS.getCurrentThreadCpuTime() - start < SECONDS * 1e9) {
            part.run();
            calls++;
        }
        return (THREADS.getCurrentThreadCpuTime() - start) * 1e-9 / calls;
    }

    @Override public void close() {
        example.close();
        compiled.close();
        optimised.close();
        plain.close();
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) Files.delete(file);
            Files.delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
