package panatorch.distributed;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import panatorch.distributed.DistributedException.Reason;

@Timeout(60)
class StoreTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(10), SHORT = Duration.ofMillis(300);
    private static final String HOST = "127.0.0.1";

    private static byte[] bytes(String text) { return text.getBytes(UTF_8); }

    private static void behavesAsAStore(Store one, Store other) throws Exception {
        one.set("a", bytes("zero\0inside"));
        assertThat(other.get("a")).isEqualTo(bytes("zero\0inside"));
        one.set("a", bytes("again"));
        assertThat(other.get("a")).isEqualTo(bytes("again"));
        assertThat(one.add("n", 5)).isEqualTo(5);
        assertThat(other.add("n", -2)).isEqualTo(3);
        assertThat(one.has("a", "n")).isTrue();
        assertThat(one.has("a", "none")).isFalse();
        assertThat(one.setIfAbsent("first", bytes("one"))).isEqualTo(bytes("one"));
        assertThat(other.setIfAbsent("first", bytes("two"))).isEqualTo(bytes("one"));
        long keys = one.numKeys();
        assertThat(other.delete("a")).isTrue();
        assertThat(other.delete("a")).isFalse();
        assertThat(one.numKeys()).isEqualTo(keys - 1);
        assertThat(one.has("a")).isFalse();
        var late = CompletableFuture.supplyAsync(() -> {
            try {
                return other.get("late");
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        Thread.sleep(100);
        assertThat(late).isNotDone();
        one.set("late", bytes("now"));
        assertThat(late.get()).isEqualTo(bytes("now"));
        try (Store p = one.prefixed("p"); Store q = other.prefixed("q"); Store same = other.prefixed("p")) {
            p.set("k", bytes("of p"));
            assertThat(q.has("k")).isFalse();
            assertThat(same.get("k")).isEqualTo(bytes("of p"));
            assertThat(one.get("p/k")).isEqualTo(bytes("of p"));
        }
        assertThat(one.get("late")).isEqualTo(bytes("now"));
    }

    @Test void a_store_over_tcp_shares_keys() throws Exception {
        try (Store server = Store.tcp(HOST, 0, true, TIMEOUT); Store client = Store.tcp(HOST, server.port(), false, TIMEOUT)) {
            behavesAsAStore(server, client);
        }
    }

    @Test void a_store_in_a_file_shares_keys(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("store");
        try (Store one = Store.file(file, 2, TIMEOUT); Store other = Store.file(file, 2, TIMEOUT)) {
            behavesAsAStore(one, other);
        }
    }

    @Test void a_closed_server_gives_its_port_back() throws Exception {
        int port;
        try (Store server = Store.tcp(HOST, 0, true, TIMEOUT); Store prefixed = server.prefixed("x")) {
            port = server.port();
            prefixed.set("a", bytes("b"));
        }
        try (Store server = Store.tcp(HOST, port, true, TIMEOUT)) {
            assertThat(server.port()).isEqualTo(port);
            assertThat(server.has("x/a")).isFalse();
        }
    }

    @Test void a_key_that_nobody_sets_is_named_at_the_timeout() throws Exception {
        try (Store store = Store.tcp(HOST, 0, true, SHORT)) {
            store.set("there", bytes("x"));
            assertThatExceptionOfType(DistributedException.class).isThrownBy(() -> store.await(SHORT, "there", "missing"))
                    .withMessageContaining("has no [missing] after 300 ms").matches(e -> e.reason() == Reason.TIMEOUT);
            assertThatExceptionOfType(DistributedException.class).isThrownBy(() -> store.get("missing"));
        }
    }

    @Test void a_waiting_thread_can_be_interrupted() throws Exception {
        try (Store store = Store.tcp(HOST, 0, true, TIMEOUT)) {
            var thrown = new AtomicReference<Throwable>();
            Thread waiting = Thread.startVirtualThread(() -> {
                try {
                    store.get("never");
                } catch (Throwable t) {
                    thrown.set(t);
                }
            });
            Thread.sleep(100);
            waiting.interrupt();
            assertThat(waiting.join(Duration.ofSeconds(1))).isTrue();
            assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
            store.set("still", bytes("works"));
        }
    }

    /** A server that accepts connections and never answers, as after a cut cable. */
    @Test void a_server_that_does_not_answer_is_an_error_at_the_deadline() throws Exception {
        try (var silent = new ServerSocket(0, 5, InetAddress.getByName(HOST))) {
            long begin = System.nanoTime();
            assertThatExceptionOfType(DistributedException.class)
                    .isThrownBy(() -> Store.tcp(HOST, silent.getLocalPort(), false, Duration.ofSeconds(1)));
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(3));
        }
    }

    @Test void a_taken_port_and_a_missing_server_are_errors() throws Exception {
        try (var taken = new ServerSocket(0)) {
            assertThatExceptionOfType(DistributedException.class).isThrownBy(() -> Store.tcp(HOST, taken.getLocalPort(), true, TIMEOUT))
                    .withMessageContaining("is the port taken?").matches(e -> e.reason() == Reason.RENDEZVOUS);
        }
        int free;
        try (var socket = new ServerSocket(0)) {
            free = socket.getLocalPort();
        }
        assertThatExceptionOfType(DistributedException.class).isThrownBy(() -> Store.tcp(HOST, free, false, Duration.ofSeconds(1)));
    }

    @Test void wrong_arguments_and_closed_stores_are_refused(@TempDir Path folder) throws Exception {
        assertThatIllegalArgumentException().isThrownBy(() -> Store.tcp(HOST, 0, false, TIMEOUT)).withMessageContaining("not 0");
        assertThatIllegalArgumentException().isThrownBy(() -> Store.tcp(HOST, 65536, true, TIMEOUT));
        assertThatIllegalArgumentException().isThrownBy(() -> Store.file(folder.resolve("f"), 0, TIMEOUT));
        assertThatIllegalArgumentException().isThrownBy(() -> Store.file(folder.resolve("f"), 1, Duration.ZERO));
        Store closed = Store.file(folder.resolve("g"), 1, TIMEOUT);
        closed.close();
        closed.close();
        assertThatIllegalStateException().isThrownBy(() -> closed.set("a", bytes("b"))).withMessageContaining("is closed");
    }
}
