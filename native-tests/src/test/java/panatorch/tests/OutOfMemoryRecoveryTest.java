package panatorch.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import panatorch.Aten;
import panatorch.DType;
import panatorch.MemoryStats;
import panatorch.OutOfMemoryException;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/** What happens when libtorch finds no memory: garbage is freed, the operator is tried again where that is safe, and the error says all. */
@NoTensorLeaks
class OutOfMemoryRecoveryTest {
    private static final long PETABYTE = 1L << 50;

    @Test void the_error_names_the_operator_the_bytes_and_the_memory_statistics() {
        try (var scope = Scope.open()) {
            assertThatThrownBy(() -> Torch.zeros(DType.UINT8, PETABYTE)).isInstanceOfSatisfying(OutOfMemoryException.class, e -> {
                assertThat(e.operator()).isEqualTo("aten::zeros");
                assertThat(e)
                        .hasMessageMatching("aten::zeros\\(\\): DefaultCPUAllocator: .*you tried to allocate 1125899906842624 bytes\\..* "
                                + "\\(\\d[\\d,]* live tensors, \\d[\\d,]* freed late by the garbage collector; native heap \\S+ \\S+, "
                                + "resident \\S+ \\S+, at most \\S+ \\S+\\)");
            });
            assertThat(Torch.ones(2).sum().itemFloat()).as("the process goes on").isEqualTo(2);
        }
    }

    @Test void an_operator_that_writes_to_its_argument_leaves_it_as_it_was() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.ones(2);
            assertThatThrownBy(() -> x.resize_(new long[] {PETABYTE})).isInstanceOf(OutOfMemoryException.class)
                    .hasMessageStartingWith("aten::resize_(self: float32 [");
            assertThat(x.resize_(new long[] {2}).toFloatArray()).containsExactly(1, 1);
        }
    }

    @Test void memory_statistics_read_well_and_are_those_of_the_process() throws IOException {
        assertThat(new MemoryStats(1234, 5, 1 << 20, -1, 3L << 29)).hasToString(
                "1,234 live tensors, 5 freed late by the garbage collector; native heap 1.0 MiB, resident unknown, at most 1.5 GiB");
        try (var scope = Scope.open()) {
            MemoryStats before = Torch.memoryStats();
            Torch.ones(DType.UINT8, 64 << 20);
            MemoryStats after = Torch.memoryStats();
            assertThat(after.liveTensors()).isEqualTo(before.liveTensors() + 1);
            if (before.nativeHeapBytes() >= 0)
                assertThat(after.nativeHeapBytes() - before.nativeHeapBytes()).isBetween(60L << 20, 80L << 20);
            if (before.residentBytes() >= 0) assertThat(after.residentBytes()).isBetween(64L << 20, after.peakResidentBytes());
        }
    }

    @Test
    @EnabledOnOs(value = OS.LINUX,
            disabledReason = "needs Linux's /proc") void garbage_makes_room_for_an_operator_that_would_fail_without()
                    throws Exception {
        var child =
                ChildJvm.run(Confined.class, Duration.ofMinutes(2), "-Xms64m", "-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");
        assertThat(child.output()).contains("adds: 30 of 30", "linears with a bias: 4 of 4");
        assertThat(child.status()).isZero();
    }

    /**
     * Unscoped tensors of 64 MiB in an address space with room for three: Java's heap fills much too slowly to collect any, and so do the
     * tensors, for which the collector is asked to run at 256 MiB.
     */
    static final class Confined {
        private static final long ELEMENTS = 16 << 20, ROOM = 3 * 4 * ELEMENTS + (48 << 20);

        public static void main(String[] args) throws Throwable {
            Torch.setNumThreads(1);
            try (var scope = Scope.open()) {
                Tensor x = Torch.ones(1).expand(ELEMENTS), column = Torch.ones(ELEMENTS / 16, 1), weight = Torch.ones(16, 1),
                        bias = Torch.full(new long[] {16}, 5f);
                Aten.linear(column, weight, bias).close();
                x.add(1).close();
                limitAddressSpace(allSize() + ROOM);
                int right = 0;
                for (int i = 0; i < 30; i++) if (element(unscoped(() -> x.add(1))) == 2) right++;
                System.out.println("adds: " + right + " of 30");
                long collected = Torch.memoryStats().collectedTensors();
                if (collected < 20) throw new AssertionError("only " + collected + " were collected");

                // The kernel moves the bias off the stack: called again, it would compute without one.
                int failed = 0;
                right = 0;
                for (int i = 0; i < 4; i++) {
                    while (!fill(x)) {}
                    try {
                        unscoped(() -> Aten.linear(column, weight, bias));
                        throw new AssertionError("there was memory");
                    } catch (OutOfMemoryException e) {
                        failed++;
                    }
                    Tensor again = unscoped(() -> Aten.linear(column, weight, bias));
                    if (element(again) == 6) right++;
                    again.close();
                }
                System.out.println("linears with a bias: " + right + " of " + failed);
            }
        }

        /** Leaves garbage until one more tensor does not fit, and says whether it is so. */
        private static boolean fill(Tensor x) throws IOException {
            unscoped(() -> x.add(1));
            return allSize() + 4 * ELEMENTS > limit;
        }

        private static long limit;

        private static float element(Tensor t) {
            try (var scope = Scope.open()) {
                return t.view(-1).select(0, 7).itemFloat();
            }
        }

        /** Nobody's but the garbage collector's. */
        private static Tensor unscoped(java.util.function.Supplier<Tensor> make) {
            try (var scope = Scope.open()) {
                return make.get().escape();
            }
        }

        private static long allSize() throws IOException {
            return Files.readAllLines(Path.of("/proc/self/status")).stream().filter(l -> l.startsWith("VmSize:"))
                    .mapToLong(l -> 1024 * Long.parseLong(l.replaceAll("\\D", ""))).findFirst().orElseThrow();
        }

        @SuppressWarnings("restricted") private static void limitAddressSpace(long bytes) throws Throwable {
            limit = bytes;
            var setrlimit = Linker.nativeLinker().downcallHandle(Linker.nativeLinker().defaultLookup().findOrThrow("setrlimit"),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
            try (var arena = Arena.ofConfined()) {
                int addressSpace = 9;
                int status = (int) setrlimit.invokeExact(addressSpace, arena.allocateFrom(ValueLayout.JAVA_LONG, bytes, bytes));
                if (status != 0) throw new AssertionError("setrlimit failed");
            }
        }
    }
}
