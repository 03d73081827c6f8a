package panatorch.serve.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.CallOptions;
import io.grpc.InsecureChannelCredentials;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.TlsChannelCredentials;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import panatorch.junit.NoTensorLeaks;
import panatorch.serve.ModelRepository;
import panatorch.serve.http.ModelServer;
import panatorch.serve.http.ServerOptions;

/** Who may ask, how much, and what becomes of rubbish. */
@NoTensorLeaks
@Timeout(240)
class LimitsTest {
    private static final String GOOD = TestClient.row("1, 2, 3");

    private static Code code(TestServer server, String method, String header, String value) {
        var channel = io.grpc.ClientInterceptors.intercept(server.client.channel,
                MetadataUtils.newAttachHeadersInterceptor(TestClient.headers(header, value)));
        try {
            server.client.call(channel, method, TestClient.encoded(method, method.equals("ModelInfer") ? GOOD : ""));
            return Code.OK;
        } catch (io.grpc.StatusRuntimeException e) {
            return e.getStatus().getCode();
        }
    }

    @Test void with_a_token_only_the_health_is_told_without_it() {
        try (var server = new TestServer(ServerOptions.standard().token("secret"), TestServer.SERVING)) {
            for (String method : List.of("ModelInfer", "ServerMetadata", "RepositoryIndex")) {
                assertThat(code(server, method, "other", "")).as(method).isEqualTo(Code.UNAUTHENTICATED);
                assertThat(code(server, method, "authorization", "Bearer wrong")).isEqualTo(Code.UNAUTHENTICATED);
                assertThat(code(server, method, "authorization", "Bearer secret")).isEqualTo(Code.OK);
            }
            for (String method : List.of("ServerLive", "ServerReady")) assertThat(code(server, method, "other", "")).isEqualTo(Code.OK);
        }
    }

    @Test void pages_of_other_sites_cannot_use_a_server_of_this_machine() {
        try (var server = new TestServer()) {
            assertThat(code(server, "ModelInfer", "origin", "http://evil.com")).isEqualTo(Code.PERMISSION_DENIED);
            for (String name : List.of("evil.com", "localhost.evil.com:80"))
                try (var client = new TestClient(NettyChannelBuilder.forAddress("127.0.0.1", server.server.grpcPort(),
                        InsecureChannelCredentials.create()).overrideAuthority(name).build())) {
                            Status status = client.failure("ModelInfer", GOOD);
                            assertThat(status.getCode()).isEqualTo(Code.PERMISSION_DENIED);
                            assertThat(status.getDescription()).isEqualTo("this server answers to localhost only, not to " + name);
                        }
        }
    }

    /** A certificate for localhost that signs itself, made by the JDK's keytool. */
    private record Certificate(Path chain, Path key) {
        static Certificate of(Path folder, String name) throws Exception {
            Path file = folder.resolve(name + ".p12");
            var keytool = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), "-genkeypair", "-alias",
                    name,
                    "-keyalg", "EC", "-dname", "CN=" + name, "-ext", "san=dns:localhost,ip:127.0.0.1", "-storetype", "PKCS12", "-keystore",
                    file.toString(), "-storepass", "changeit").redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            assertThat(keytool.waitFor()).isZero();
            var store = KeyStore.getInstance(file.toFile(), "changeit".toCharArray());
            return new Certificate(pem(folder.resolve(name + ".pem"), "CERTIFICATE", store.getCertificate(name).getEncoded()),
                    pem(folder.resolve(name + "-key.pem"), "PRIVATE KEY", store.getKey(name, "changeit".toCharArray()).getEncoded()));
        }

        private static Path pem(Path file, String what, byte[] bytes) throws Exception {
            String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
            return Files.writeString(file, "-----BEGIN " + what + "-----\n" + text + "\n-----END " + what + "-----\n");
        }

        TestClient client(int port, Certificate server) throws Exception {
            return new TestClient(NettyChannelBuilder.forAddress("localhost", port, TlsChannelCredentials.newBuilder()
                    .keyManager(chain.toFile(), key.toFile()).trustManager(server.chain.toFile()).build()).build());
        }
    }

    @Test void connections_are_encrypted_and_clients_show_certificates(@TempDir Path folder) throws Exception {
        Certificate server = Certificate.of(folder, "server"), client = Certificate.of(folder, "client");
        Certificate stranger = Certificate.of(folder, "stranger");
        ServerOptions options = ServerOptions.standard().tls(server.chain, server.key);
        try (var s = new TestServer(options, TestServer.SERVING); var c = stranger.client(s.server.grpcPort(), server)) {
            assertThat(c.call("ModelInfer", GOOD)).contains("fp32_contents: 6.0");
            assertThat(s.client.failure("ServerLive", "").getCode()).as("without encryption").isEqualTo(Code.UNAVAILABLE);
        }
        try (var s = new TestServer(options.clientCertificates(client.chain), TestServer.SERVING);
                var known = client.client(s.server.grpcPort(), server); var unknown = stranger.client(s.server.grpcPort(), server)) {
            assertThat(known.call("ModelInfer", GOOD)).contains("fp32_contents: 6.0");
            assertThat(unknown.failure("ServerLive", "").getCode()).isEqualTo(Code.UNAVAILABLE);
        }
    }

    @Test void a_taken_port_is_told_and_leaves_no_server_behind() throws Exception {
        try (var models = ModelRepository.of(); var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int free;
            try (var socket = new ServerSocket(0)) {
                free = socket.getLocalPort();
            }
            ServerOptions options = ServerOptions.standard().port(free).grpc(taken.getLocalPort());
            assertThatThrownBy(() -> ModelServer.start(models, options)).isInstanceOf(java.io.UncheckedIOException.class)
                    .hasMessageContaining("port " + taken.getLocalPort() + " of 127.0.0.1 is taken");
            try (var server = ModelServer.start(models, ServerOptions.standard().port(free))) {
                assertThatThrownBy(server::grpcPort).isInstanceOf(IllegalStateException.class).hasMessageContaining("ServerOptions.grpc");
            }
        }
    }

    @Test void long_messages_are_refused_and_give_their_memory_back() {
        try (var server = new TestServer(ServerOptions.standard().maxBody(1 << 20), TestServer.SERVING)) {
            for (int i = 0; i < 100; i++) { // more than all memory for requests, if none were given back
                Status status =
                        TestClient.failure(() -> server.client.call(server.client.channel, "ModelInfer", new byte[(1 << 20) + 100]));
                assertThat(status.getDescription()).isEqualTo("the message is too long; at most 1048576 bytes are allowed");
                assertThat(status.getCode()).isEqualTo(Code.RESOURCE_EXHAUSTED);
            }
            assertThat(server.client.call("ModelInfer", GOOD)).contains("fp32_contents: 6.0");
        }
    }

    @Test void compressed_messages_are_refused() {
        try (var server = new TestServer()) {
            assertThat(server.client.with(CallOptions.DEFAULT.withCompression("gzip")).failure("ModelInfer", GOOD).getCode())
                    .isEqualTo(Code.UNIMPLEMENTED);
            assertThat(server.client.with(CallOptions.DEFAULT).call("ModelInfer", GOOD)).contains("fp32_contents: 6.0");
        }
    }

    @Test void connections_beyond_the_limit_wait() throws Exception {
        try (var server = new TestServer(ServerOptions.standard().maxConnections(2), TestServer.SERVING)) {
            for (int i = 0; i < 10; i++) // each makes room when it ends
                try (var client = new TestClient(server.server.grpcPort())) {
                    assertThat(client.call("ServerLive", "")).isEqualTo("live: true");
                    client.channel.shutdown().awaitTermination(10, TimeUnit.SECONDS);
                }
            try (var first = new TestClient(server.server.grpcPort()); var second = new TestClient(server.server.grpcPort());
                    var third = new TestClient(server.server.grpcPort())) {
                assertThat(first.call("ServerLive", "")).isEqualTo(second.call("ServerLive", "")).isEqualTo("live: true");
                third.with(CallOptions.DEFAULT.withDeadlineAfter(500, TimeUnit.MILLISECONDS));
                assertThat(third.failure("ServerLive", "").getCode()).isEqualTo(Code.DEADLINE_EXCEEDED);
                first.close();
                assertThat(third.with(CallOptions.DEFAULT).call("ServerLive", "")).isEqualTo("live: true");
            }
        }
    }

    // ---- a connection by hand

    /** Begins a call whose message is to have some bytes, of which it sends a few, and returns the answer's frames as text. */
    private static String begin(Socket socket, int length, int sent) throws Exception {
        socket.setSoTimeout(60_000);
        var out = new DataOutputStream(socket.getOutputStream());
        out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        frame(out, 4, 0, 0, new byte[0]);
        var headers = new ByteArrayOutputStream();
        for (String[] h : new String[][] {{":method", "POST"}, {":scheme", "http"}, {":path", "/" + TestClient.SERVICE + "/ModelInfer"},
            {":authority", "localhost"}, {"te", "trailers"}, {"content-type", "application/grpc"}}) {
            headers.write(0); // a literal that is not indexed
            for (String text : h) {
                headers.write(text.length());
                headers.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
            }
        }
        frame(out, 1, 4, 1, headers.toByteArray());
        var data = new ByteArrayOutputStream();
        new DataOutputStream(data).writeByte(0);
        new DataOutputStream(data).writeInt(length);
        data.writeBytes(new byte[sent]);
        frame(out, 0, 0, 1, data.toByteArray());
        var in = new DataInputStream(socket.getInputStream());
        while (true) {
            int head = in.readInt(), flags = in.readUnsignedByte();
            in.readInt();
            byte[] frame = in.readNBytes(head >>> 8);
            if ((head & 0xff) == 1 && (flags & 1) != 0) return new String(frame, StandardCharsets.ISO_8859_1);
        }
    }

    private static void frame(DataOutputStream out, int type, int flags, int stream, byte[] payload) throws Exception {
        out.writeInt(payload.length << 8 | type);
        out.writeByte(flags);
        out.writeInt(stream);
        out.write(payload);
        out.flush();
    }

    @Test void messages_that_come_too_slowly_are_refused() throws Exception {
        try (var server = new TestServer(ServerOptions.standard().bodyTimeout(Duration.ofMillis(200)), TestServer.SERVING);
                var socket = new Socket("127.0.0.1", server.server.grpcPort())) {
            assertThat(begin(socket, 1000, 10)).contains("grpc-status", "4", "the message did not come within 200 ms");
        }
    }

    @Test void messages_that_call_themselves_gigabytes_take_no_memory() throws Exception {
        try (var server = new TestServer(ServerOptions.standard().bodyTimeout(Duration.ofMillis(200)), TestServer.SERVING);
                var socket = new Socket("127.0.0.1", server.server.grpcPort())) {
            assertThat(begin(socket, Integer.MAX_VALUE, 10)).contains("the message did not come within 200 ms");
            assertThat(server.client.call("ModelInfer", GOOD)).contains("fp32_contents: 6.0");
        }
    }

    @Test void rubbish_is_refused_with_a_sentence() {
        var random = new Random(20);
        var codes = new TreeMap<Code, Integer>();
        byte[] good = TestClient.encoded("ModelInfer", "id: 'a' model_version: '1' parameters { key: 'priority' value { int64_param: 1 } } "
                + "outputs { name: 'y' } " + GOOD);
        try (var server = new TestServer()) {
            for (int i = 0; i < 3000; i++) {
                byte[] message = mutated(good, random);
                try {
                    server.client.call(server.client.channel, "ModelInfer", message);
                    codes.merge(Code.OK, 1, Integer::sum);
                } catch (io.grpc.StatusRuntimeException e) {
                    codes.merge(e.getStatus().getCode(), 1, Integer::sum);
                    assertThat(e.getStatus().getCode()).as(() -> Arrays.toString(message) + "\n→ " + e.getStatus()).isIn(
                            Code.INVALID_ARGUMENT,
                            Code.NOT_FOUND);
                    assertThat(e.getStatus().getDescription()).isNotBlank();
                }
                if (i % 100 == 0) assertThat(server.client.call("ModelInfer", GOOD)).contains("fp32_contents: 6.0");
            }
        }
        assertThat(codes.get(Code.INVALID_ARGUMENT)).isGreaterThan(1000);
        assertThat(codes.get(Code.OK)).isPositive();
    }

    private static byte[] mutated(byte[] good, Random random) {
        byte[] bytes = random.nextInt(4) == 0 ? Arrays.copyOf(good, random.nextInt(good.length)) : good.clone();
        if (random.nextInt(8) == 0) bytes = Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(8));
        for (int n = random.nextInt(4); n >= 0 && bytes.length > 0; n--)
            bytes[random.nextInt(bytes.length)] =
                    (byte) (random.nextBoolean() ? random.nextInt(256) : random.nextInt(16) << 3 | random.nextInt(6));
        return bytes;
    }
}
