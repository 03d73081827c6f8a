package panatorch.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.distributed.ProcessGroup;
import panatorch.distributed.ReduceOp;
import panatorch.distributed.Store;
import panatorch.distributed.fsdp.FullyShardedDataParallel;
import panatorch.models.CifarResNet;
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;
import panatorch.nn.functional.CrossEntropy;
import panatorch.nn.parallel.DataParallel;
import panatorch.optim.AdamW;
import panatorch.optim.Optimizer;
import panatorch.optim.SGD;

/**
 * A program that is one rank of the workloads of several processes: {@code bench/rank_work.py} in Java. The first line of rank 0 is
 * {@code part=checksum,figure} for each part, separated by blanks.
 */
final class RankWork {
    private static final int BATCH = 64, WIDTH = 2560, LAYERS = 8;

    private final ProcessGroup group;
    private final Map<String, double[]> found = new LinkedHashMap<>();

    private RankWork(ProcessGroup group) { this.group = group; }

    /**
     * Runs the program.
     *
     * @param args the work, the rank, the number of ranks, and the file where the ranks meet
     */
    public static void main(String[] args) throws Exception {
        OperatorThreads.set(1);
        int rank = Integer.parseInt(args[1]), ranks = Integer.parseInt(args[2]);
        var timeout = Duration.ofMinutes(3);
        try (var store = Store.file(Path.of(args[3]), ranks, timeout);
                var group = ProcessGroup.of(store, rank, ranks, ProcessGroup.Options.standard().timeout(timeout));
                var scope = Scope.open()) {
            var work = new RankWork(group);
            switch (args[0]) {
                case "calls" -> work.calls();
                case "all-reduce" -> work.allReduce();
                case "step" -> work.step();
                case "memory" -> work.memory();
                default -> throw new IllegalArgumentException("there is no work " + args[0]);
            }
            if (rank > 0) return;
            var line = new StringJoiner(" ");
            work.found.forEach((part, values) -> line.add(part + "=" + values[0] + "," + values[1]));
            System.out.println(line);
        }
    }

    private static double median(List<Double> values) {
        double[] sorted = values.stream().mapToDouble(v -> v).sorted().toArray();
        return sorted[sorted.length / 2];
    }

    /** Seconds of a small all-reduce in a world of one. */
    private void calls() throws InterruptedException {
        Tensor x = Torch.ones(1);
        var medians = new ArrayList<Double>();
        for (int round = 0; round < 12; round++) {
            long begun = System.nanoTime();
            for (int i = 0; i < 5_000; i++) group.allReduce(ReduceOp.SUM, x).await();
            if (round >= 3) medians.add((System.nanoTime() - begun) / 5_000e9);
        }
        found.put("call", new double[] {x.itemDouble(), median(medians)});
    }

    private void allReduce() throws InterruptedException {
        for (int megabytes : new int[] {40, 100}) {
            Tensor x = Torch.full(new long[] {megabytes * 250_000L}, group.rank() + 1.0);
            var seconds = new ArrayList<Double>();
            double first = 0;
            for (int i = 0; i < 13; i++) {
                group.barrier();
                long begun = System.nanoTime();
                group.allReduce(ReduceOp.AVG, x).await();
                if (i >= 3) seconds.add((System.nanoTime() - begun) / 1e9);
                if (i == 0) first = x.get(0).itemDouble();
            }
            found.put(megabytes + "-MB", new double[] {first, median(seconds)});
            x.close();
        }
    }

    private static double processorSeconds() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime() / 1e9;
    }

    /** Processor seconds of a step of ResNet-20 by itself, and in data parallel. */
    private void step() throws InterruptedException {
        try (var model = new CifarResNet(20, CifarResNet.Shortcut.PROJECTION, 10)) {
            SeededWeights.fill(model);
            Torch.manualSeed(2 + group.rank());
            Tensor x = Torch.randn(BATCH, 3, 32, 32), y = Aten.arange(BATCH, DType.INT64).remainder(10);
            try (var sgd = new SGD(model.parameters(), SGD.options(0.01).momentum(0.9))) {
                for (boolean together : new boolean[] {false, true}) {
                    if (!together) {
                        steps(model, sgd, x, y, null, 20);
                        continue;
                    }
                    try (var parallel = DataParallel.of(model, group)) {
                        steps(model, sgd, x, y, parallel, 15);
                        var alone = new ArrayList<Double>();
                        var step = new ArrayList<Double>();
                        double loss = 0;
                        for (int i = 0; i < 5; i++) { // in turn, so that both see the same machine
                            alone.add(steps(model, sgd, x, y, null, 5)[1]);
                            double[] both = steps(model, sgd, x, y, parallel, 5);
                            step.add(both[1]);
                            loss = both[0];
                        }
                        found.put("alone", new double[] {1, median(alone)});
                        found.put("step", new double[] {loss > 0 ? 1 : 0, median(step)});
                    }
                }
            }
        }
    }

    /** Makes steps, and returns the last loss and the processor seconds of one step. */
    private double[] steps(Module model, Optimizer sgd, Tensor x, Tensor y, @org.jspecify.annotations.Nullable DataParallel parallel, int n)
            throws InterruptedException {
        group.barrier();
        double begun = processorSeconds(), last = 0;
        for (int i = 0; i < n; i++) {
            try (var scope = Scope.open()) {
                sgd.zeroGrad();
                if (parallel != null) parallel.beforeForward();
                Tensor loss = CrossEntropy.crossEntropy(model.call(x), y);
                if (parallel != null) parallel.backward(loss);
                else loss.backward();
                sgd.step();
                last = loss.itemDouble();
            }
        }
        return new double[] {last, (processorSeconds() - begun) / n};
    }

    private static double resident(String entry) {
        try {
            String line =
                    Files.readAllLines(Path.of("/proc/self/status")).stream().filter(l -> l.startsWith(entry)).findFirst().orElseThrow();
            return Long.parseLong(line.replaceAll("\\D", "")) / 1024.0;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static double mebibytes(Tensor t) { return t.numel() * t.dtype().bytes() / 1048576.0; }

    /**
     * MiB of parameters, gradients and AdamW's state after a step of a perceptron of 8 layers 2560 × 2560 (200 MiB), and of the process.
     */
    private void memory() throws InterruptedException {
        double before = resident("VmRSS");
        var layers = new ArrayList<Module>();
        for (int i = 0; i < LAYERS; i++) {
            layers.add(new Linear(WIDTH, WIDTH));
            layers.add(new ReLU());
        }
        try (var model = new Sequential(layers.toArray(Module[]::new))) {
            SeededWeights.fill(model);
            try (var sharded = group.ranks() == 1 ? null : FullyShardedDataParallel.of(model, group, m -> m instanceof Linear);
                    var adam = new AdamW(model.parameters(), AdamW.options(1e-4))) {
                Torch.manualSeed(2);
                Tensor x = Torch.randn(8, WIDTH);
                double loss = 0;
                for (int i = 0; i < 3; i++) {
                    try (var scope = Scope.open()) {
                        adam.zeroGrad();
                        Tensor l = model.call(x).square().mean();
                        if (sharded == null) l.backward();
                        else sharded.backward(l);
                        adam.step();
                        loss = l.itemDouble();
                    }
                }
                double own = 0;
                for (Tensor p : model.parameters()) own += mebibytes(p);
                if (adam.stateDict().get("state") instanceof Map<?, ?> all)
                    for (Object states : all.values())
                        for (Object v : ((Map<?, ?>) states).values()) if (v instanceof Tensor t) own += mebibytes(t);
                found.put("parameters-and-state", new double[] {loss, own});
                found.put("resident", new double[] {loss, resident("VmRSS") - before});
            }
        }
    }

    /** Returns what rank 0 of some processes has found: for each part a checksum and a figure. */
    static Map<String, double[]> ofProcesses(String work, int ranks) {
        try {
            Path file = Files.createTempDirectory("ranks").resolve("store");
            var others = new ArrayList<Process>();
            for (int r = 1; r < ranks; r++) others.add(new ProcessBuilder(command(work, r, ranks, file)).inheritIO().start());
            String line = ChildProcess.run(command(work, 0, ranks, file)).line();
            for (Process p : others) p.waitFor();
            var found = new LinkedHashMap<String, double[]>();
            for (String part : line.split(" ")) {
                String[] sides = part.split("=");
                found.put(sides[0], Arrays.stream(sides[1].split(",")).mapToDouble(Double::parseDouble).toArray());
            }
            return found;
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<String> command(String work, int rank, int ranks, Path file) {
        return ChildProcess.java(List.of(), RankWork.class, work, String.valueOf(rank), String.valueOf(ranks), file.toString());
    }
}
