package panatorch.distributed;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.Scope;
import panatorch.Torch;

/** Three processes of which one is lost in the middle of collectives: the others end soon, and name it. */
@EnabledOnOs({OS.LINUX, OS.MAC})
@Timeout(120)
class LostRanksTest {
    private static final int RANKS = 3, FAILED = 3;
    /** Also the longest time that the processes may take to start. */
    private static final Duration TIMEOUT = Duration.ofSeconds(15), LATE = Duration.ofSeconds(2);

    @TempDir
    Path folder;
    private final List<Process> ranks = new ArrayList<>();

    /** A rank that sums until that fails. Its argument is the group's timeout in seconds. */
    static final class Summing {
        private Summing() {}

        static void main(String[] args) throws InterruptedException {
            boolean failed = false;
            Duration timeout = Duration.ofSeconds(Long.parseLong(args[0]));
            try (var group = ProcessGroup.join(Launch.environment(), ProcessGroup.Options.standard().timeout(timeout))) {
                for (int i = 0; !failed; i++) {
                    long begin = System.nanoTime();
                    try (var scope = Scope.open()) {
                        group.allReduce(ReduceOp.SUM, Torch.ones(1000)).await();
                    } catch (DistributedException e) {
                        long millis = Duration.ofNanos(System.nanoTime() - begin).toMillis();
                        System.out.println(e.reason() + " " + e.ranks() + " after " + millis + " ms: " + e.getMessage());
                        failed = true;
                    }
                    if (i == 10) System.out.println("running");
                }
            }
            System.exit(FAILED);
        }
    }

    private void start() throws IOException, InterruptedException {
        int port;
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        for (int r = 0; r < RANKS; r++) {
            var builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"), Summing.class.getName(),
                    Long.toString(TIMEOUT.toSeconds()));
            builder.environment().put("RANK", Integer.toString(r));
            builder.environment().put("WORLD_SIZE", Integer.toString(RANKS));
            builder.environment().put("MASTER_ADDR", "127.0.0.1");
            builder.environment().put("MASTER_PORT", Integer.toString(port));
            ranks.add(builder.redirectErrorStream(true).redirectOutput(output(r).toFile()).start());
        }
        for (int r = 0; r < RANKS; r++) {
            while (ranks.get(r).isAlive() && !Files.readString(output(r)).contains("running")) Thread.sleep(20);
            assertThat(Files.readString(output(r))).as("rank " + r).contains("running");
        }
    }

    private Path output(int rank) { return folder.resolve("rank" + rank); }

    @AfterEach void end() throws InterruptedException {
        for (Process p : ranks) p.destroyForcibly().waitFor();
    }

    private void assertThatTheOthersEnd(int lost, String reason) throws IOException, InterruptedException {
        for (int r = 0; r < RANKS; r++) {
            if (r == lost) continue;
            assertThat(ranks.get(r).waitFor(40, TimeUnit.SECONDS)).as("rank " + r + " has ended: " + Files.readString(output(r))).isTrue();
            assertThat(ranks.get(r).exitValue()).isEqualTo(FAILED);
            Matcher m = Pattern.compile("(?m)^(\\w+) \\[(\\d)] after (\\d+) ms: ").matcher(Files.readString(output(r)));
            assertThat(m.find()).as(Files.readString(output(r))).isTrue();
            assertThat(List.of(m.group(1), m.group(2))).containsExactly(reason, Integer.toString(lost));
            assertThat(Duration.ofMillis(Long.parseLong(m.group(3)))).isLessThan(TIMEOUT.plus(LATE));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2}) void a_killed_rank_is_named_by_all_others(int killed) throws Exception {
        start();
        ranks.get(killed).destroyForcibly();
        assertThatTheOthersEnd(killed, "PEER_LOST");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1}) void a_rank_that_stands_still_is_named_after_the_timeout(int stopped) throws Exception {
        start();
        assertThat(new ProcessBuilder("kill", "-STOP", Long.toString(ranks.get(stopped).pid())).start().waitFor()).isZero();
        assertThatTheOthersEnd(stopped, "TIMEOUT");
    }
}
