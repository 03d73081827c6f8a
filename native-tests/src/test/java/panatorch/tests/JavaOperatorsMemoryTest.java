package panatorch.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import panatorch.Device;
import panatorch.OperatorLibrary;
import panatorch.Operators;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/** Kernels in Java leave nothing behind, whether they return or throw; {@link MemoryTest} says what the limits are made of. */
class JavaOperatorsMemoryTest {
    private static final int ROUNDS = 50_000, CALLS_A_ROUND = 4, RUNS = 5;
    private static final long SLACK_KIB = 1024;

    @Test
    @EnabledOnOs(value = OS.LINUX,
            disabledReason = "needs Linux's /proc") void kernels_in_Java_leave_the_resident_set_flat()
                    throws Exception {
        var child = ChildJvm.run(Loop.class, Duration.ofMinutes(3), "-Xms64m", "-Xmx64m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC");
        assertThat(child.status()).as(child.output()).isZero();
        System.out.print(child.output());
    }

    static final class Loop {
        public static void main(String[] args) throws IOException {
            Torch.setNumThreads(1);
            rounds(ROUNDS);
            boolean flat = false;
            for (int run = 0; run < RUNS && !flat; run++) {
                long tensors = Torch.liveTensors(), before = MemoryTest.Loop.residentKib();
                rounds(ROUNDS);
                long left = Torch.liveTensors() - tensors, grown = MemoryTest.Loop.residentKib() - before;
                System.out.println("after " + CALLS_A_ROUND * ROUNDS + " calls of kernels in Java: " + left + " more live tensors, " + grown
                        + " KiB on top of a resident set of " + before);
                if (left != 0) break;
                flat = grown <= SLACK_KIB;
            }
            System.exit(flat ? 0 : 1);
        }

        private static void rounds(int n) {
            OperatorLibrary library = null;
            for (int i = 0; i < n; i++) {
                if (i % 5000 == 0) {
                    if (library != null) library.close();
                    library = open();
                }
                try (var scope = Scope.open()) {
                    round(Torch.tensor(new double[] {1, i}));
                }
            }
            if (library != null) library.close();
        }

        private static OperatorLibrary open() {
            var library = OperatorLibrary.open("memory").define("scaled_add(Tensor x, Tensor y, float scale=1.0) -> Tensor")
                    .define("lists(Tensor[] x, int[] sizes, str words, Tensor? none) -> (Tensor[], int[], str, Tensor?)")
                    .define("fail(Tensor x) -> (Tensor, Tensor[])");
            return library.implement("scaled_add", Device.Type.CPU, a -> a.tensor("x").add(a.tensor("y").mul(a.real("scale"))))
                    .implement("lists", Device.Type.CPU,
                            a -> java.util.Arrays.asList(a.tensors("x"), a.integers("sizes"), a.string("words"), a.optionalTensor("none")))
                    .implement("fail", Device.Type.CPU, a -> {
                        a.tensor("x").add(1);
                        throw new IllegalStateException();
                    });
        }

        private static void round(Tensor x) {
            Operators.call("memory::scaled_add", x, x, 2.0);
            Operators.call("memory::scaled_add", x.requiresGrad_(true), x);
            Operators.call("memory::lists", List.of(x, x), new long[] {1, 2}, "words", x);
            try {
                Operators.call("memory::fail", x);
            } catch (IllegalStateException expected) {
                return;
            }
            throw new AssertionError("the kernel did not fail");
        }
    }
}
