package panatorch.serve.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
@Timeout(120)
class AccessTest {
    private static int status(TestServer server, String path, String... headers) throws Exception {
        var request = server.to(path);
        if (headers.length > 0) request.headers(headers);
        return server.client.send(request.build(), BodyHandlers.ofString()).statusCode();
    }

    @Test void with_a_token_only_the_page_and_the_health_are_told_without_it() throws Exception {
        try (var server = new TestServer(ServerOptions.standard().token("secret").metrics(() -> "up 1\n"))) {
            for (String path : List.of("/v2/models/double", "/v2/models", "/v2", "/metrics", "/v2/docs")) {
                HttpResponse<String> answer = server.get(path);
                assertThat(answer.statusCode()).as(path).isEqualTo(401);
                assertThat(answer.headers().firstValue("WWW-Authenticate")).hasValue("Bearer");
                assertThat(status(server, path, "Authorization", "Bearer wrong")).isEqualTo(401);
                assertThat(status(server, path, "Authorization", "secret")).isEqualTo(401);
                assertThat(status(server, path, "Authorization", "Bearer secret")).as(path).isEqualTo(200);
            }
            assertThat(server.infer(TestServer.rows("[1,2,3]", "[1,3]")).statusCode()).isEqualTo(401);
            for (String path : List.of("/", "/v2/health/live", "/v2/health/ready")) assertThat(status(server, path)).isEqualTo(200);
        }
        assertThatThrownBy(() -> ServerOptions.standard().token(" ")).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource({"localhost:1, '', 200", "127.0.0.1:1, '', 200", "[::1]:1, '', 200", "localhost, '', 200", "evil.com, '', 403",
        "localhost.evil.com:1, '', 403", "localhost:1, http://evil.com, 403", "localhost:1, http://localhost:2, 403",
        "localhost:1, 'null', 403", "localhost:1, http://localhost:1, 200"}) void pages_of_other_sites_cannot_use_a_server_of_this_machine(
                String host, String origin, int status) throws Exception {
        try (var server = new TestServer(ServerOptions.standard()); var socket = new Socket("127.0.0.1", server.server.port())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(("GET /v2 HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n"
                    + (origin.isEmpty() ? "" : "Origin: " + origin + "\r\n") + "\r\n").getBytes(StandardCharsets.UTF_8));
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8)).startsWith("HTTP/1.1 " + status);
        }
    }

    @Test void connections_are_encrypted_and_clients_show_certificates(@TempDir Path folder) throws Exception {
        var server = new Certificate(folder, "server");
        var client = new Certificate(folder, "client");
        var stranger = new Certificate(folder, "stranger");
        ServerOptions options = ServerOptions.standard().host("localhost").tls(server.chain, server.key);
        try (var s = new TestServer(options, TestServer.SERVING, https(client, server))) {
            assertThat(s.server.url()).startsWith("https://localhost:");
            assertThat(s.infer(TestServer.rows("[1,2,3]", "[1,3]")).body()).contains("[2.0,4.0,6.0]");
        }
        ServerOptions mutual = options.clientCertificates(client.chain);
        try (var s = new TestServer(mutual, TestServer.SERVING, https(client, server))) {
            assertThat(s.infer(TestServer.rows("[1,2,3]", "[1,3]")).statusCode()).isEqualTo(200);
        }
        try (var s = new TestServer(mutual, TestServer.SERVING, https(stranger, server))) {
            assertThatThrownBy(() -> s.get("/v2")).isInstanceOf(IOException.class);
        }
        Files.writeString(folder.resolve("rubbish.pem"), "rubbish");
        try (var models = panatorch.serve.ModelRepository.of()) {
            assertThatThrownBy(() -> ModelServer.start(models, options.port(0).tls(server.chain, folder.resolve("rubbish.pem"))))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("the certificate or key cannot be used");
            assertThatThrownBy(() -> ModelServer.start(models, options.port(0).tls(server.chain, folder.resolve("none.pem"))))
                    .hasMessageContaining("none.pem cannot be read");
            assertThatThrownBy(() -> ModelServer.start(models, ServerOptions.standard().port(0).clientCertificates(client.chain)))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("need a certificate of the server");
        }
    }

    private static HttpClient https(Certificate own, Certificate of) throws Exception {
        return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).sslContext(own.trusting(of)).build();
    }

    @Test void a_taken_port_and_an_unknown_host_are_told() throws Exception {
        try (var models = panatorch.serve.ModelRepository.of();
                var taken = new ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> ModelServer.start(models, ServerOptions.standard().port(taken.getLocalPort())))
                    .isInstanceOf(java.io.UncheckedIOException.class).hasMessageContaining("" + taken.getLocalPort());
            assertThatThrownBy(() -> ModelServer.start(models, ServerOptions.standard().host("no.such.host.invalid")))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("'no.such.host.invalid' is unknown");
            assertThatThrownBy(() -> ModelServer.start(models, ServerOptions.standard().port(0).grpc(0)))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("gRPC needs the artifact panatorch-serve-grpc");
        }
    }

    @Test void the_description_names_every_path_that_answers() throws Exception {
        try (var server = new TestServer(ServerOptions.standard().metrics(() -> ""))) {
            String text = server.get("/v2/docs").body();
            var paths = new ArrayList<String>();
            try (JsonParser json = new JsonFactory().createParser(text)) {
                while (json.nextToken() != null)
                    if (json.currentToken() == JsonToken.FIELD_NAME && json.currentName().startsWith("/")) paths.add(json.currentName());
            }
            assertThat(paths).hasSize(18);
            for (String path : paths) {
                String actual = path.replace("{name}", "double").replace("{version}", "1");
                int status = path.matches(".*/(infer|classify|index|load|unload)")
                        ? server.post(actual, "").statusCode() : server.get(actual).statusCode();
                assertThat(status).as(path).isIn(200, 400, 403, 415);
            }
            assertThat(server.get("/").body()).contains("<title>PanaTorch</title>").doesNotContain("http://").doesNotContain("https://");
        }
    }
}
