package panatorch.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Two ranks on two hosts of a network that Linux makes of namespaces, whose cable is cut. Needs root. */
@EnabledOnOs(OS.LINUX)
@Timeout(240)
class CutCableTest {
    /** Also the longest time that the processes may take to start. */
    private static final Duration TIMEOUT = Duration.ofSeconds(15), LATE = Duration.ofSeconds(2);
    private static final String PORT = "29511";

    @TempDir
    Path folder;
    private final List<Process> ranks = new ArrayList<>();
    private final String suffix = Long.toString(ProcessHandle.current().pid() % 100_000);

    private static int ip(String arguments) throws IOException, InterruptedException {
        return new ProcessBuilder(("ip " + arguments).split(" ")).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start().waitFor();
    }

    private String host(int rank) { return "panatorch" + suffix + "-" + rank; }

    private String cable(int rank) { return "pt" + suffix + "-" + rank; }

    @BeforeEach void network() throws Exception {
        boolean made;
        try {
            made = ip("netns add " + host(0)) == 0 && ip("netns add " + host(1)) == 0
                    && ip("link add " + cable(0) + " netns " + host(0) + " type veth peer name " + cable(1) + " netns " + host(1)) == 0;
        } catch (IOException e) {
            made = false;
        }
        assumeTrue(made, "a network of two namespaces needs root and iproute2");
        for (int r = 0; r < 2; r++) {
            assertThat(ip("-n " + host(r) + " addr add 10.213.7." + (r + 1) + "/24 dev " + cable(r))).isZero();
            assertThat(ip("-n " + host(r) + " link set lo up")).isZero();
            assertThat(ip("-n " + host(r) + " link set " + cable(r) + " up")).isZero();
        }
    }

    @AfterEach void end() throws Exception {
        for (Process p : ranks) p.destroyForcibly().waitFor();
        for (int r = 0; r < 2; r++) ip("netns del " + host(r));
    }

    private void start() throws Exception {
        for (int r = 0; r < 2; r++) {
            String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
            var builder = new ProcessBuilder("ip", "netns", "exec", host(r), java, "--enable-native-access=ALL-UNNAMED", "-cp",
                    System.getProperty("java.class.path"), LostRanksTest.Summing.class.getName(), Long.toString(TIMEOUT.toSeconds()));
            builder.environment().put("RANK", Integer.toString(r));
            builder.environment().put("WORLD_SIZE", "2");
            builder.environment().put("MASTER_ADDR", "10.213.7.1");
            builder.environment().put("MASTER_PORT", PORT);
            builder.environment().put("RES_OPTIONS", "timeout:1 attempts:1"); // libtorch asks for names, and nobody answers here
            ranks.add(builder.redirectErrorStream(true).redirectOutput(output(r).toFile()).start());
        }
        for (int r = 0; r < 2; r++) {
            while (ranks.get(r).isAlive() && !Files.readString(output(r)).contains("running")) Thread.sleep(20);
            assertThat(Files.readString(output(r))).contains("running");
        }
    }

    private Path output(int rank) { return folder.resolve("rank" + rank); }

    @Test void both_ranks_of_a_cut_cable_end_at_the_timeout_and_name_the_other() throws Exception {
        start();
        assertThat(ip("-n " + host(0) + " link set " + cable(0) + " down")).isZero();
        for (int r = 0; r < 2; r++) {
            assertThat(ranks.get(r).waitFor(60, TimeUnit.SECONDS)).as("rank " + r + " has ended: " + Files.readString(output(r))).isTrue();
            Matcher m = Pattern.compile("(?m)^(\\w+) \\[(\\d)] after (\\d+) ms: ").matcher(Files.readString(output(r)));
            assertThat(m.find()).as("rank " + r + ": " + Files.readString(output(r))).isTrue();
            assertThat(m.group(1)).isIn("TIMEOUT", "PEER_LOST");
            assertThat(m.group(2)).isEqualTo(Integer.toString(1 - r));
            assertThat(Duration.ofMillis(Long.parseLong(m.group(3)))).isLessThan(TIMEOUT.plus(LATE));
        }
    }
}
