package panatorch.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;
import panatorch.Autograd;
import panatorch.DType;
import panatorch.Function;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/** Graphs of very many functions in Java, one after the other, are freed without a stack as deep; where that failed, the process ended. */
class DeepFunctionsTest {
    @Test void graphs_of_100_000_functions_are_freed_however_they_end() throws Exception {
        var child = ChildJvm.run(Deep.class, Duration.ofMinutes(8), "-Xmx2g", "-XX:+UseSerialGC");
        System.out.print(child.output());
        assertThat(child.output()).contains("all freed");
        assertThat(child.status()).as(child.output()).isZero();
    }

    static final class Deep {
        private static final int MANY = 100_000, LESS = 10_000;
        private static final long SLACK = 1 << 20;

        /** (x, y) → (x·y, x + y), which saves inputs and an output. */
        private static final class Pair extends Function {
            @Override protected List<Tensor> forward(Context context, List<Tensor> inputs) {
                Tensor product = inputs.get(0).mul(inputs.get(1));
                context.save(inputs.get(0), inputs.get(1), product);
                return List.of(product, inputs.get(0).add(inputs.get(1)));
            }

            @Override protected List<Tensor> backward(Context context, List<Tensor> gradients) {
                var saved = context.saved();
                Tensor product = gradients.get(0), sum = gradients.get(1);
                return List.of(product.mul(saved.get(1)).add(sum), product.mul(saved.get(0)).add(sum));
            }
        }

        private static final class Half extends Function {
            @Override protected List<Tensor> forward(Context context, List<Tensor> inputs) { return List.of(inputs.getFirst().mul(0.5)); }

            @Override protected List<Tensor> backward(Context context, List<Tensor> gradients) {
                return List.of(gradients.getFirst().mul(0.5));
            }
        }

        /**
         * Its backward differentiates again, {@code depth} times inside each other, from 60 on by threads of libtorch's own, and there a
         * deep graph is dropped.
         */
        private static final class Nested extends Function {
            private final int depth;

            Nested(int depth) { this.depth = depth; }

            @Override protected List<Tensor> forward(Context context, List<Tensor> inputs) { return List.of(inputs.getFirst().mul(2)); }

            @Override protected List<Tensor> backward(Context context, List<Tensor> gradients) {
                try (var on = NoGrad.enableGrad()) {
                    Tensor x = leaf();
                    if (depth == 0) chain(x, LESS);
                    else {
                        Tensor inner = Autograd.grad(new Nested(depth - 1).apply(x).sum(), x).getFirst();
                        if (inner.toFloatArray()[3] != 2) throw new AssertionError("wrong gradient " + inner);
                    }
                }
                return List.of(gradients.getFirst().mul(2));
            }
        }

        private static Tensor leaf() { return Torch.ones(4).requiresGrad_(true); }

        private static Tensor chain(Tensor x, int n) {
            Tensor h = x;
            for (int i = 0; i < n; i++) h = new Half().apply(h);
            return h;
        }

        public static void main(String[] args) throws Exception {
            Torch.setNumThreads(1);
            once("dropped", MANY, n -> chain(leaf(), n));
            once("differentiated", MANY, n -> chain(leaf(), n).sum().backward());
            once("retained", MANY, n -> Autograd.backward(chain(leaf(), n).sum(), null, true, false));
            twice("differentiated by one input, retained", LESS, n -> {
                Tensor x = leaf(), y = leaf();
                var all = List.of(x, y);
                for (int i = 0; i < n; i++) all = new Pair().applyAll(all);
                for (int i = 0; i < 2; i++) Autograd.grad(List.of(all.get(0).sum()), List.of(y), null, true, false);
            });
            twice("pairs that save inputs and outputs", LESS, n -> {
                var all = List.of(leaf(), leaf());
                for (int i = 0; i < n; i++) all = new Pair().applyAll(all);
            });
            twice("derivatives differentiated in turn", LESS / 10, n -> {
                Tensor x = leaf();
                var all = List.of(x, leaf());
                for (int i = 0; i < n; i++) all = new Pair().applyAll(all);
                Tensor g = Autograd.grad(List.of(all.get(1).sum()), List.of(x), null, false, true).getFirst();
                g.sum().backward();
            });
            twice("checkpoints", LESS, n -> {
                Tensor h = leaf();
                for (int i = 0; i < n; i++) h = Autograd.checkpoint(x -> x.mul(0.5), h);
            });
            twice("inside a nested backward", 80, n -> new Nested(n).apply(leaf()).sum().backward());
            once("on a small stack", LESS, n -> join(new Thread(null, () -> scoped(n, k -> chain(leaf(), k)), "small", 256 << 10)));
            once("left by a thread", LESS, n -> join(Thread.ofPlatform().unstarted(() -> {
                Scope.open();
                chain(leaf(), n);
            })));
            unscoped(LESS);
            await();
            System.out.println("all freed");
        }

        private static void scoped(int n, IntConsumer code) {
            try (var scope = Scope.open()) {
                code.accept(n);
            }
        }

        private static void once(String what, int n, IntConsumer code) throws InterruptedException {
            scoped(n, code);
            await();
            System.out.println(what + ": " + n);
        }

        /**
         * What is left of the native heap after another time is more than after the one before each time if something leaks: 16 bytes of
         * each function are too much. Java's compiler allocates there, too, now and then.
         */
        private static void twice(String what, int n, IntConsumer code) throws InterruptedException {
            var heap = new ArrayList<Long>();
            for (int i = 0; i < 6; i++) {
                once(what, n, code);
                heap.add(Torch.memoryStats().nativeHeapBytes());
                if (i > 1 && heap.get(i) - heap.get(i - 1) <= SLACK) return;
            }
            throw new AssertionError("the native heap grows: " + heap);
        }

        /** Without a scope: the garbage collector's cleaner frees the last of them, and with it the graph. */
        private static void unscoped(int n) {
            Tensor h = Torch.ones(DType.FLOAT32, 4).requiresGrad_(true);
            for (int i = 0; i < n; i++) {
                Tensor next = new Half().apply(h);
                h.close();
                h = next;
            }
        }

        private static void join(Thread thread) {
            thread.start();
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        private static void await() throws InterruptedException {
            long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            while (Torch.liveTensors() > 0 && System.nanoTime() < deadline) {
                System.gc();
                Thread.sleep(20);
            }
            if (Torch.liveTensors() != 0) throw new AssertionError(Torch.liveTensors() + " tensors are left");
        }
    }
}
