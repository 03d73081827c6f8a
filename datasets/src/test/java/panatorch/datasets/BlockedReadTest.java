package panatorch.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An epoch that is closed while it reads from a pipe to which nobody writes; each test in a process of its own. */
class BlockedReadTest {
    @TempDir
    Path folder;

    /** One image that never comes. */
    private record Blocked(Path pipe, boolean opens, CountDownLatch begun) implements Dataset {
        @Override public int size() { return 1; }

        @Override public Schema schema() { return new Numbered(1).schema(); }

        @Override public String name(int index) { return pipe.toString(); }

        @Override public void read(int index, Item item) {
            begun.countDown();
            if (!opens) ImageFolder.decode(pipe);
            try (var channel = FileChannel.open(pipe)) {
                channel.read(ByteBuffer.allocateDirect(8));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Closes an epoch. */
    static final class Reader {
        private Reader() {}

        static void main(String[] args) throws Exception {
            Path pipe = Path.of(args[0]);
            boolean opens = args[1].equals("silent");
            // A pipe that is open for reading and writing is there to be opened, but has nothing to read.
            try (var writer = opens ? new RandomAccessFile(pipe.toFile(), "rw") : null) {
                var begun = new CountDownLatch(1);
                var epoch = DataLoader.of(new Blocked(pipe, opens, begun), 1).build().epoch(3);
                begun.await();
                Thread.sleep(500);
                long begin = System.nanoTime();
                epoch.close();
                System.out.println("closed after " + (System.nanoTime() - begin) / 1_000_000_000 + " s");
                Thread.sleep(2000); // idle threads are gone then
                System.out.println("threads: "
                        + Thread.getAllStackTraces().keySet().stream().filter(t -> t.getName().startsWith("panatorch-loader")).count());
            }
        }
    }

    private String said(String writer) throws IOException, InterruptedException {
        Path pipe = folder.resolve("pipe.png");
        try {
            assumeTrue(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0, "skipped: there is no mkfifo");
        } catch (IOException e) {
            assumeTrue(false, "skipped: there is no mkfifo");
        }
        Path output = folder.resolve("output.txt");
        Process program = new ProcessBuilder(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-Dlog4j2.level=warn",
                "-cp", System.getProperty("java.class.path"), Reader.class.getName(), pipe.toString(), writer)).redirectErrorStream(true)
                .redirectOutput(output.toFile()).start();
        boolean ended = program.waitFor(1, TimeUnit.MINUTES);
        program.destroyForcibly();
        String said = Files.readString(output, StandardCharsets.UTF_8);
        assertThat(ended).as(said).isTrue();
        return said;
    }

    @Test void a_read_that_can_be_interrupted_ends_then_and_nothing_is_left() throws Exception {
        assertThat(said("silent")).containsPattern("closed after [5-9] s").contains("threads: 0").doesNotContain("left behind");
    }

    @Test void a_read_that_cannot_be_interrupted_is_left_behind_with_one_line() throws Exception {
        String said = said("none");
        assertThat(said).containsPattern("closed after [6-9] s").contains("threads: 1");
        assertThat(said.lines().filter(l -> l.contains("WARN"))).singleElement().asString()
                .endsWith("epoch 3 was closed 6 s ago, but is still reading " + folder.resolve("pipe.png")
                        + "; the thread is left behind and ends when its read does");
    }
}
