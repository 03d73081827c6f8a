package panatorch.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import panatorch.InferenceMode;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.nn.Module;

/**
 * Measures the seconds a request to a network in evaluation mode, of all callers together: one caller, whose operators use all threads, and
 * two callers at once, whose operators use one thread each.
 */
final class Inference implements Workload {
    private static final double SECONDS = 0.75;
    private static final int CALLERS = 2;
    private static final String SEVERAL = " from 2 threads";

    private final Net net;
    private final Module model;
    private final Scope scope = Scope.open();
    private final Map<String, Tensor> inputs = new LinkedHashMap<>();
    private final ExecutorService pool = Executors.newFixedThreadPool(CALLERS);
    private final CyclicBarrier ready = new CyclicBarrier(CALLERS);

    Inference(Net net) {
        this.net = net;
        model = net.model().eval();
        for (int n : new int[] {1, 32}) inputs.put("batch " + n, net.input(net.examples(n)));
    }

    @Override public String script() { return "inference.py"; }

    @Override public List<String> arguments() { return List.of(net.toString()); }

    @Override public String parts() { return "requests"; }

    @Override public int threads() { return OperatorThreads.all(); }

    @Override public double tolerance() { return 1e-4; }

    @Override public Map<String, Double> check() {
        var sums = new LinkedHashMap<String, Double>();
        inputs.forEach((part, x) -> {
            sums.put(part, checksum(x));
            sums.put(part + SEVERAL, result(pool.submit(() -> checksum(x))));
        });
        return sums;
    }

    private double checksum(Tensor x) {
        try (var inner = Scope.open(); var inference = InferenceMode.enter()) {
            return Checksum.of(model.call(x).square());
        }
    }

    @Override public Map<String, Double> run() {
        var seconds = new LinkedHashMap<String, Double>();
        inputs.forEach((part, x) -> {
            OperatorThreads.set(threads());
            seconds.put(part, secondsPerRequest(x));
            seconds.put(part + SEVERAL, several(x));
        });
        return seconds;
    }

    private double several(Tensor x) {
        Callable<Double> caller = () -> {
            OperatorThreads.set(1);
            ready.await();
            return secondsPerRequest(x);
        };
        var callers = new ArrayList<Future<Double>>();
        for (int i = 0; i < CALLERS; i++) callers.add(pool.submit(caller));
        return 1 / callers.stream().mapToDouble(c -> 1 / result(c)).sum();
    }

    private double secondsPerRequest(Tensor x) {
        long start = System.nanoTime(), requests = 0;
        double elapsed = 0;
        for (; elapsed < SECONDS; requests++) {
            answer(x);
            elapsed = (System.nanoTime() - start) * 1e-9;
        }
        return elapsed / requests;
    }

    private void answer(Tensor x) {
        try (var inner = Scope.open(); var inference = InferenceMode.enter()) {
            model.call(x);
        }
    }

    private static double result(Future<Double> future) {
        try {
            return future.get();
        } catch (ExecutionException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override public void close() {
        pool.close();
        model.close();
        scope.close();
    }
}
