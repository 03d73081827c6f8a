package panatorch.tests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Generator;
import panatorch.InferenceMode;
import panatorch.Linalg;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;

/**
 * Programs whose threads call operators at once, each in a process of its own: they ended the process once. The last line says what became
 * of it.
 */
final class Crowd {
    private Crowd() {}

    private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();

    public static void main(String[] args) throws Exception {
        switch (args[0]) {
            case "answers" -> new Crowd().answers(Integer.parseInt(args[1]), Thread.ofPlatform().factory());
            case "virtual" -> new Crowd().answers(Integer.parseInt(args[1]), Thread.ofVirtual().factory());
            case "recorded" -> new Crowd().recorded(Integer.parseInt(args[1]));
            case "closing" -> new Crowd().closing();
            case "training" -> new Crowd().training(Integer.parseInt(args[1]));
            case "teams" -> new Crowd().teams(Integer.parseInt(args[1]));
            default -> throw new IllegalArgumentException(args[0]);
        }
    }

    /** Callers use all cores one after the other, and then share them. */
    private void teams(int n) throws InterruptedException {
        var one = new ReentrantLock();
        var all = new CyclicBarrier(n);
        var threads = new ConcurrentLinkedQueue<Long>();
        try (var scope = Scope.open()) {
            Torch.ones(1);
        }
        threads.add(nativeThreads());
        together(n, Thread.ofPlatform().factory(), () -> {
            try (var x = Torch.zeros(512, 512)) {
                one.lock();
                try {
                    for (long end = System.nanoTime() + 20_000_000; System.nanoTime() < end;) addOne(x);
                } finally {
                    one.unlock();
                }
                if (all.await() == 0) threads.add(nativeThreads());
                all.await(); // so that no team ends before they are counted
                for (int i = 0; i < 600; i++) addOne(x);
                if (all.await() == 0) threads.add(nativeThreads());
                all.await();
            }
        });
        System.out.println("threads at first, with teams, at last: " + threads);
        end("ended");
    }

    /** In place, as new memory for each result can take longer than its computation, and so leave time for a few calls only. */
    private static void addOne(Tensor x) {
        try (var scope = Scope.open()) {
            x.add_(1);
        }
    }

    private static long nativeThreads() {
        try (var tasks = Files.list(Path.of("/proc/self/task"))) {
            return tasks.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Sequential perceptron(long width) {
        Torch.manualSeed(1);
        return new Sequential(new Linear(width, width), new ReLU(), new Linear(width, 10));
    }

    private interface Work {
        void run() throws Exception;
    }

    private void together(int n, ThreadFactory kind, Work work) throws InterruptedException {
        var go = new CountDownLatch(1);
        var threads = new ArrayList<Thread>();
        for (int i = 0; i < n; i++) threads.add(kind.newThread(() -> {
            try {
                go.await();
                work.run();
            } catch (Throwable t) {
                failures.add(t);
            }
        }));
        threads.forEach(Thread::start);
        go.countDown();
        for (Thread t : threads) t.join();
    }

    private void end(String what) {
        for (Throwable t : failures) t.printStackTrace();
        System.out.println(failures.isEmpty() ? what : failures.size() + " failures");
        System.exit(0);
    }

    /** Linear layers, an inverse and attention, in inference mode. */
    private void answers(int callers, ThreadFactory kind) throws InterruptedException {
        var net = perceptron(128).eval();
        try (var scope = Scope.open()) {
            Tensor x = Torch.randn(32, 128), matrix = Torch.eye(220).add(Torch.randn(220, 220).mul(0.01)), q = Torch.randn(1, 2, 200, 64);
            List<Tensor> right = answer(net, x, matrix, q);
            together(callers, kind, () -> {
                for (int i = 0; i < 5; i++) {
                    try (var own = Scope.open()) {
                        List<Tensor> given = answer(net, x, matrix, q);
                        for (int k = 0; k < given.size(); k++)
                            if (!given.get(k).allClose(right.get(k), 1e-3, 1e-4)) throw new AssertionError("a wrong answer " + k);
                    }
                }
            });
        }
        end("all answered");
    }

    private static List<Tensor> answer(Module net, Tensor x, Tensor matrix, Tensor q) {
        try (var inference = InferenceMode.enter()) {
            return List.of(net.call(x), Linalg.inv(matrix), Aten.scaledDotProductAttention(q, q, q));
        }
    }

    /** Without NoGrad all of it is recorded. */
    private void recorded(int callers) throws InterruptedException {
        var net = perceptron(128);
        try (var scope = Scope.open()) {
            Tensor x = Torch.randn(32, 128), right = net.call(x).detach();
            together(callers, Thread.ofPlatform().factory(), () -> {
                for (int i = 0; i < 5; i++) {
                    try (var own = Scope.open()) {
                        if (!net.call(x).allClose(right, 1e-3, 1e-4)) throw new AssertionError("a wrong answer");
                    }
                }
            });
        }
        end("all answered");
    }

    /** What callers use is closed, and replaced, while they use it; half of them hold it in a scope of another thread. */
    private void closing() throws InterruptedException {
        var open = new AtomicBoolean(true);
        var net = new AtomicReference<Module>(perceptron(16));
        var scoped = new AtomicReference<Tensor>();
        var refused = new AtomicLong();
        var closer = Thread.ofPlatform().start(() -> {
            long until = System.nanoTime() + 4_000_000_000L;
            while (System.nanoTime() < until) {
                net.getAndSet(perceptron(16)).close();
                try (var scope = Scope.open()) {
                    scoped.set(Torch.ones(64));
                    for (int i = 0; i < 20; i++) Torch.ones(64).add(1);
                    try (Tensor unscoped = Torch.ones(16).escape()) {
                        scoped.set(unscoped);
                        for (int i = 0; i < 20; i++) unscoped.add(1);
                    }
                } catch (IllegalStateException closedByACaller) {
                    refused.incrementAndGet();
                }
            }
            open.set(false);
        });
        together(8, Thread.ofPlatform().factory(), () -> {
            while (open.get()) {
                try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
                    Tensor shared = scoped.get();
                    if (shared != null) {
                        shared.add(1);
                        if (shared.shape()[0] < 16) throw new AssertionError(shared.describe());
                        shared.close();
                    }
                    net.get().call(Torch.ones(4, 16));
                } catch (IllegalStateException e) {
                    if (!Objects.toString(e.getMessage()).contains("closed")) throw e;
                    refused.incrementAndGet();
                }
            }
        });
        closer.join();
        net.get().close();
        if (Torch.liveTensors() != 0) failures.add(new AssertionError(Torch.liveTensors() + " tensors are left"));
        if (refused.get() == 0) failures.add(new AssertionError("nothing was closed in time"));
        end("all refused or answered");
    }

    /** Trains for some steps beside {@code callers} busy threads, and prints what the weights have become, bit for bit. */
    private void training(int callers) throws InterruptedException {
        var open = new AtomicBoolean(true);
        var learner = new Thread(() -> {
            try {
                System.out.println("bits " + learn());
            } catch (Throwable t) {
                failures.add(t);
            }
            open.set(false);
        });
        var net = perceptron(128).eval();
        Tensor x = Torch.ones(32, 128), matrix = Torch.eye(220), q = Torch.ones(1, 2, 200, 64);
        learner.start();
        together(callers, Thread.ofPlatform().factory(), () -> {
            while (open.get()) {
                try (var scope = Scope.open()) {
                    answer(net, x, matrix, q);
                }
            }
        });
        learner.join();
        end("trained");
    }

    private static long learn() {
        var generator = Generator.of(5);
        var net = new Sequential(new Linear(96, 256), new ReLU(), new Linear(256, 96));
        long bits = 7;
        try (var scope = Scope.open()) {
            for (Tensor p : net.parameters()) try (var noGrad = NoGrad.enter()) {
                p.copy_(Torch.randn(generator, DType.FLOAT32, p.shape()).mul(0.1));
            }
            for (int step = 0; step < 12; step++) {
                Tensor x = Torch.randn(generator, DType.FLOAT32, 500, 96), y = net.call(x),
                        attended = Aten.scaledDotProductAttention(y.view(1, 5, 100, 96), y.view(1, 5, 100, 96), y.view(1, 5, 100, 96));
                Linalg.solve(Torch.eye(96).mul(100).add(y.narrow(0, 0, 96)), attended.view(500, 96).narrow(0, 0, 96)).square().mean()
                        .add(attended.square().mean()).backward();
                try (var noGrad = NoGrad.enter()) {
                    for (Tensor p : net.parameters()) {
                        Tensor g = p.grad();
                        p.sub_(g.mul(g.norm().add(1).reciprocal()).mul(0.1));
                        p.setGrad(null);
                    }
                }
            }
            for (Tensor p : net.parameters()) for (float f : p.detach().toFloatArray()) bits = 31 * bits + Float.floatToIntBits(f);
        }
        return bits;
    }
}
