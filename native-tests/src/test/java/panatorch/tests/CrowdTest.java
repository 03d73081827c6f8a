package panatorch.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many threads that call operators at once, in processes of their own with default settings. */
class CrowdTest {
    private static final Duration LIMIT = Duration.ofMinutes(4);

    private static String run(String... args) throws IOException, InterruptedException {
        var command = ChildJvm.command(Crowd.class.getName(), System.getProperty("java.class.path"));
        command.addAll(List.of(args));
        var builder = new ProcessBuilder(command);
        for (String set : Set.of("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")) builder.environment().remove(set);
        ChildJvm child = ChildJvm.await(builder, LIMIT);
        assertThat(child.status()).as(child.output()).isZero();
        return child.output();
    }

    /** OpenBLAS has 128 buffers, and each caller took one: SIGSEGV, or a corrupted heap, or a process that hung. */
    @ParameterizedTest
    @ValueSource(strings = {"answers", "virtual", "recorded"}) void as_many_threads_as_a_server_has_are_answered_rightly(String kind)
            throws Exception {
        assertThat(run(kind, kind.equals("virtual") ? "1000" : "200")).endsWith("all answered\n");
    }

    /** What is closed between the moment in which its address is read and that in which it is used was a SIGSEGV. */
    @Test void closing_what_others_use_refuses_their_calls_or_lets_them_end() throws Exception {
        assertThat(run("closing")).endsWith("all refused or answered\n");
    }

    /**
     * OpenMP keeps the threads of a caller that once used all cores as long as the caller lives: on 64 cores 200 callers would have 12,600.
     */
    @Test
    @EnabledOnOs(OS.LINUX) void callers_that_share_the_cores_end_the_threads_they_had_when_they_were_alone() throws Exception {
        assumeTrue(Runtime.getRuntime().availableProcessors() > 1, "one core makes no teams of threads");
        var output = run("teams", "50");
        assertThat(output).endsWith("ended\n");
        var threads = Pattern.compile("at last: \\[(\\d+), (\\d+), (\\d+)]").matcher(output);
        assertThat(threads.find()).as(output).isTrue();
        int before = Integer.parseInt(threads.group(1)), teams = Integer.parseInt(threads.group(2)),
                after = Integer.parseInt(threads.group(3));
        assertThat(teams).isGreaterThan(before + 50 + 25);
        assertThat(after).isLessThan(before + 50 + 15);
    }

    @Test void a_training_has_the_same_bits_beside_busy_callers() throws Exception {
        var bits = new TreeSet<String>();
        for (String callers : List.of("0", "8", "1", "8"))
            bits.add(run("training", callers).lines().filter(l -> l.startsWith("bits")).findFirst().orElse("none"));
        assertThat(bits).hasSize(1).allMatch(b -> b.startsWith("bits"));
    }
}
