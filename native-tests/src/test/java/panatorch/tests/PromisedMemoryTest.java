package panatorch.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import panatorch.Aten;
import panatorch.Autograd;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Operators;
import panatorch.Out;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.TorchException;
import panatorch.nn.Linear;

/**
 * Memory of tensors that Java reads, and memory of Java's that tensors read, is there as long as it is promised. Where it was not, the
 * process ended.
 */
class PromisedMemoryTest {
    @Test void a_segment_reads_its_storage_whatever_becomes_of_the_tensor() throws Exception { inChild("segments"); }

    @Test void the_shape_after_a_refused_resize_is_that_of_memory() throws Exception { inChild("shapes"); }

    @Test void a_tensor_of_a_closed_arena_is_refused() throws Exception { inChild("arenas"); }

    private static void inChild(String what) throws Exception {
        var child = ChildJvm.run(Child.class, Duration.ofMinutes(3), "-Xmx1g", "-Dpanatorch.case=" + what);
        assertThat(child.output()).contains("well");
        assertThat(child.status()).as(child.output()).isZero();
    }

    static final class Child {
        private static final int N = 1_000_000;

        public static void main(String[] args) throws Exception {
            try (var scope = Scope.open()) {
                switch (System.getProperty("panatorch.case")) {
                    case "segments" -> segments();
                    case "shapes" -> shapes();
                    default -> arenas();
                }
            }
            for (int i = 0; i < 50 && Torch.liveTensors() > 0; i++) {
                System.gc();
                Thread.sleep(20);
            }
            assertThat(Torch.liveTensors()).isZero();
            System.out.println("well");
        }

        // ---- segments

        private static void segments() {
            var net = new Linear(1000, 1000);
            Tensor weight = net.parameters().getFirst();
            float before = weight.data().get(ValueLayout.JAVA_FLOAT, 4 * 777);
            MemorySegment segment = weight.data();
            ByteBuffer buffer = weight.asByteBuffer();
            net.to(DType.FLOAT64);
            net.close();
            stillReads(segment, buffer, before);
            change(t -> t.set_(Torch.zeros(1)));
            change(t -> t.setData(Torch.zeros(3)));
            change(Tensor::close);
            change(t -> assertThatThrownBy(() -> t.resize_(new long[] {40 * N})).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("resize a clone()"));
            change(t -> assertThatThrownBy(() -> t.resizeAs_(Torch.zeros(2, N))).isInstanceOf(IllegalArgumentException.class));
            change(t -> assertThatThrownBy(() -> Torch.zeros(1).set_(t, 5, new long[] {N}, new long[] {1}))
                    .isInstanceOf(IllegalArgumentException.class));
            change(t -> assertThatThrownBy(() -> Aten._lazyClone(t)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("clone()"));
            change(t -> assertThatThrownBy(() -> Operators.call("inductor::resize_storage_bytes_", t, 0L))
                    .isInstanceOf(TorchException.class));
            change(t -> t.resize_(new long[] {3}));
            resizableAgain();
        }

        private static void change(Consumer<Tensor> change) {
            Tensor t = Torch.full(new long[] {N}, 5.0);
            MemorySegment segment = t.data();
            ByteBuffer buffer = t.asByteBuffer();
            try (var off = NoGrad.enter()) {
                change.accept(t);
            }
            stillReads(segment, buffer, 5);
        }

        private static void stillReads(MemorySegment segment, ByteBuffer buffer, float expected) {
            System.gc();
            try (var scope = Scope.open()) {
                for (int i = 0; i < 20; i++) Torch.full(new long[] {N}, 7.0);
            }
            assertThat(segment.get(ValueLayout.JAVA_FLOAT, 4 * 777)).isEqualTo(expected);
            assertThat(buffer.getFloat(4 * 777)).isEqualTo(expected);
        }

        /** While any segment is there, the storage is fixed; after the last one it is not. */
        private static void resizableAgain() {
            Tensor t = Torch.ones(4);
            try (var first = Arena.ofConfined()) {
                t.data(first);
                try (var second = Arena.ofShared()) {
                    t.data(second);
                }
                assertThatThrownBy(() -> t.resize_(new long[] {100})).isInstanceOf(IllegalArgumentException.class);
            }
            t.resize_(new long[] {100}).fill_(3);
            assertThat(t.sum().itemFloat()).isEqualTo(300);
            assertThatThrownBy(() -> Aten._efficientzerotensor(new long[] {4}).data()).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("clone()");
        }

        // ---- shapes

        private static void shapes() {
            var arena = Arena.ofAuto();
            for (Tensor fixed : List.of(exported(arena), Torch.fromBlob(arena.allocate(12, 8), DType.FLOAT32, 3),
                    Torch.fromBlob(Arena.ofShared().allocate(12, 8), DType.FLOAT32, 3))) {
                assertThatThrownBy(() -> fixed.resize_(new long[] {40, N})).isInstanceOf(IllegalArgumentException.class);
                assertThat(fixed.shape()).containsExactly(3);
                assertThat(fixed.resize_(new long[] {1}).resize_(new long[] {3}).shape()).containsExactly(3);
                Tensor large = Torch.ones(40, N);
                assertThatThrownBy(() -> Out.into(fixed, () -> large.add(large))).isInstanceOf(TorchException.class)
                        .hasMessageContaining("Torch.fromBlob");
                assertThat(fixed.shape()).containsExactly(3);
                assertThatThrownBy(() -> Operators.call("aten::add.out", large, large, 1, fixed)).isInstanceOf(TorchException.class);
                assertThat(fixed.toFloatArray()).hasSize(3);
            }
        }

        private static Tensor exported(Arena arena) {
            Tensor t = Torch.ones(3);
            t.data(arena);
            return t;
        }

        // ---- arenas

        private static void arenas() throws InterruptedException {
            for (var kind : List.of(Arena.ofConfined(), Arena.ofShared())) closed(kind);
            training();
            open();
            meanwhile();
        }

        private static Tensor blob(Arena arena, long... shape) {
            long n = 1;
            for (long s : shape) n *= s;
            MemorySegment segment = arena.allocate(4 * n, 8);
            segment.fill((byte) 0);
            return Torch.fromBlob(segment, DType.FLOAT32, shape).fill_(2);
        }

        /** Large memory, which is unmapped when it is freed: reading it then ends the process. */
        private static void closed(Arena arena) throws InterruptedException {
            Tensor x = blob(arena, 1000, 1000), other = Torch.ones(1000, 1000), y = x.add(1), set = Torch.zeros(1).set_(x);
            var views = new ArrayList<Tensor>(List.of(x, set, x.t(), x.get(3), x.view(-1), x.detach(), x.narrow(0, 2, 5),
                    x.asStrided(new long[] {3}, new long[] {1}), x.view(DType.INT32), x.unbind().get(7), x.split(100).get(2), x.alias()));
            views.add(Torch.zeros(2));
            views.getLast().setData(x);
            assertThat(x.sum().itemFloat()).isEqualTo(2e6f);
            MemorySegment read = x.data();
            assertThat(read.get(ValueLayout.JAVA_FLOAT, 0)).isEqualTo(2);
            var elsewhere = new AtomicReference<Object>();
            Thread.ofPlatform().start(() -> elsewhere.set(x.toFloatArray()[5])).join();
            assertThat(elsewhere.get()).isEqualTo(2f);
            arena.close();
            for (Tensor v : views) {
                refused(() -> v.add(1));
                refused(() -> v.add_(1));
                refused(v::itemFloat);
                refused(v::toFloatArray);
                if (v.isContiguous()) refused(v::data);
                refused(v::toString);
                refused(() -> Aten.cat(List.of(v.flatten(), v.flatten())));
            }
            refused(() -> other.matmul(x));
            try (var alive = Arena.ofShared()) {
                Tensor z = blob(alive, 1000, 1000);
                refused(() -> z.add(x));
                refused(() -> x.add(z));
                assertThat(z.add(z).mul(z).sum().itemFloat()).isEqualTo(8e6f);
            }
            refused(() -> other.addmm_(x, x));
            refused(() -> Aten._foreachAdd(List.of(other, x), 1));
            assertThatThrownBy(() -> read.get(ValueLayout.JAVA_FLOAT, 0)).isInstanceOf(IllegalStateException.class);
            assertThat(y.add(1).sum().itemFloat()).isEqualTo(4e6f);
            assertThat(x.shape()).containsExactly(1000, 1000);
        }

        /** While an operator runs, its arena is not closed under it. */
        private static void meanwhile() throws InterruptedException {
            var refusals = new AtomicInteger();
            for (int round = 0; round < 30; round++) {
                var arena = Arena.ofShared();
                var failure = new AtomicReference<Throwable>();
                Tensor x = blob(arena, 600, 600), y = blob(arena, 600, 600);
                Thread user = Thread.ofPlatform().start(() -> {
                    try (var scope = Scope.open()) {
                        while (true) x.mm(y).close();
                    } catch (Throwable t) {
                        failure.set(t);
                    }
                });
                Thread.sleep(5);
                for (boolean closed = false; !closed;) {
                    try {
                        arena.close();
                        closed = true;
                    } catch (IllegalStateException e) {
                        refusals.incrementAndGet();
                    }
                }
                user.join();
                assertThat(failure.get()).isInstanceOf(IllegalStateException.class).hasMessageContaining("closed");
            }
            assertThat(refusals.get()).isPositive();
        }

        private static void refused(Runnable use) {
            assertThatThrownBy(use::run).isInstanceOf(IllegalStateException.class).hasMessageContaining("arena is closed");
        }

        /** What autograd saves of such a tensor is one; as long as the arena is open, gradients are right. */
        private static void training() {
            var arena = Arena.ofShared();
            Tensor x = blob(arena, 1000, 1000), w = Torch.ones(1000, 1000).requiresGrad_(true), leaf = blob(arena, 4).requiresGrad_(true);
            Tensor loss = x.mm(w).mul(leaf.sum()).sum();
            Autograd.backward(loss, null, true, false);
            assertThat(w.grad().get(0, 0).itemFloat()).isEqualTo(2000 * 8f);
            assertThat(leaf.grad().toFloatArray()).containsOnly(2e9f);
            arena.close();
            refused(() -> Autograd.backward(loss, null, true, false));
            refused(() -> Autograd.grad(loss, w));
        }

        /** libtorch's errors are what they are for other tensors. */
        private static void open() {
            try (var arena = Arena.ofShared()) {
                Tensor x = blob(arena, 2, 3);
                assertThatThrownBy(() -> x.mm(x)).isInstanceOf(TorchException.class).hasMessageContaining("cannot be multiplied")
                        .hasMessageContaining("aten::mm");
                assertThatThrownBy(() -> x.matmul(x)).isInstanceOf(TorchException.class).hasMessageContaining("cannot be multiplied");
                assertThatThrownBy(() -> x.view(7)).isInstanceOf(TorchException.class);
                assertThat(x.topk(2, -1).values().toFloatArray()).hasSize(4);
            }
        }
    }
}
