package panatorch.serve.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import panatorch.junit.NoTensorLeaks;
import panatorch.serve.Health;
import panatorch.serve.http.ServerOptions;

@NoTensorLeaks
@Timeout(120)
class ErrorsTest {
    private static final String GOOD = TestClient.row("1, 2, 3");

    private static void await(BooleanSupplier condition) throws InterruptedException {
        while (!condition.getAsBoolean()) Thread.sleep(5);
    }

    private static CompletableFuture<String> ask(TestServer server, String request) {
        return CompletableFuture.supplyAsync(() -> server.client.call("ModelInfer", request), t -> Thread.ofVirtual().start(t));
    }

    private static Health health(TestServer server) { return server.models.get("double", -1).health(); }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            X 'FP32' shape: [1, 4] contents { fp32_contents: [1, 2, 3, 4] } } | input 'x': dimension 1 is 4, but \
            has to be 3
            X 'INT64' shape: [1, 3] contents { int64_contents: [1, 2, 3] } } | input 'x' is int64 [1, 3] on cpu, \
            but the model takes float32[batch, 3]
            inputs { name: 'z' datatype: 'FP32' shape: [1] contents { fp32_contents: [1] } } | the request lacks the inputs [x] of [x]
            | the request lacks the inputs [x] of [x]
            X 'FP32' shape: [1, 3] contents { fp32_contents: [1, 2] } } | input 'x': the contents have 2 elements, \
            but the shape is [1, 3], which has 3
            X 'FP32' shape: [1, 3] contents { int_contents: [1, 2, 3] } } | input 'x': the elements are in \
            int_contents, but those of FP32 belong in fp32_contents
            X 'FP32' shape: [1, 3] contents { int_contents: [1] fp32_contents: [1, 2, 3] } } | a tensor has both \
            int_contents and fp32_contents
            X 'UINT8' shape: [1, 3] contents { uint_contents: [1, 256, 3] } } | input 'x': element 1 is 256, but \
            UINT8 is from 0 to 255
            X 'INT16' shape: [1] contents { int_contents: [-32769] } } | input 'x': element 0 is -32769, but INT16 is \
            from -32768 to 32767
            X 'BYTES' shape: [1] contents { bytes_contents: ['a'] } } | tensors of texts (bytes_contents) are not \
            supported
            X 'FP32' shape: [1, -3] contents { fp32_contents: [1, 2, 3] } } | input 'x': the shape [1, -3] has a \
            negative size
            X 'FP32' shape: [4294967296, 4294967296] } | input 'x': the shape [4294967296, 4294967296] has more \
            elements than memory can hold
            X 'FP32' shape: [1, 3] } raw_input_contents: 'abcd' | input 'x': 4 bytes of data are no FP32[1, 3], which \
            has 3 elements of 4
            X 'BOOL' shape: [1] } raw_input_contents: 'a' | input 'x': byte 0 of BOOL data is 97, but has to be 0 or 1
            raw_input_contents: 'abcd' | there are 1 raw_input_contents for 0 inputs
            inputs { datatype: 'FP32' } | input 0 has no name
            inputs { name: 'x' } | input 'x': there is no datatype ''; there are [BOOL
            X 'FP32' parameters { key: 'shared_memory_region' value { string_param: 'a' } } } | the parameter \
            'shared_memory_region' is not supported
            outputs { name: 'y' parameters { key: 'classification' value { int64_param: 3 } } } | the parameter \
            'classification' is not supported
            parameters { key: 'timeout' value { string_param: 'soon' } } | timeout has to be a whole number from 0 to
            parameters { key: 'priority' value { int64_param: -1 } } | priority has to be a whole number from 0 to 2147483647
            parameters { key: 'sequence_id' value { uint64_param: 5 } } | the parameter 'sequence_id' is not supported
            model_version: 'first' | a version is a number, not 'first'
            """) void requests_that_do_not_fit_are_told_where(String request, String sentence) {
        try (var server = new TestServer()) {
            String all = "model_name: 'double' " + (request == null ? "" : request.replace("X ", "inputs { name: 'x' datatype: "));
            Status status = server.client.failure("ModelInfer", all);
            assertThat(status.getDescription()).startsWith(sentence);
            assertThat(status.getCode()).isEqualTo(Code.INVALID_ARGUMENT);
            assertThat(server.client.call("ModelInfer", GOOD)).contains("fp32_contents: 6.0");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            ModelInfer | model_name: 'other' | NOT_FOUND | there is no model 'other'; there are [double]
            ModelInfer | model_name: 'double' model_version: '7' | NOT_FOUND | the model 'double' has no version 7; it has [1]
            ModelMetadata | name: 'other' | NOT_FOUND | there is no model 'other'; there are [double]
            RepositoryModelLoad | model_name: 'double' | PERMISSION_DENIED | this server loads no models on demand
            RepositoryModelUnload | model_name: 'double' | PERMISSION_DENIED | this server loads no models on demand
            """) void what_is_not_there_or_not_allowed_has_a_status(String method, String request, Code code, String sentence) {
        try (var server = new TestServer()) {
            Status status = server.client.failure(method, request);
            assertThat(status.getCode()).isEqualTo(code);
            assertThat(status.getDescription()).startsWith(sentence);
        }
    }

    @Test void a_sentence_of_any_length_and_language_arrives() {
        try (var server = new TestServer()) {
            Status status = server.client.failure("ModelInfer", "model_name: '" + "größer 模型 ".repeat(2000) + "'");
            assertThat(status.getCode()).isEqualTo(Code.NOT_FOUND);
            assertThat(status.getDescription()).startsWith("there is no model 'größer 模型 ").endsWith("…");
        }
    }

    @Test void unknown_methods_and_calls_without_one_message_are_refused() {
        try (var server = new TestServer()) {
            assertThat(TestClient.failure(() -> server.client.call(server.client.channel, "ModelConfig", new byte[0])).getCode())
                    .isEqualTo(Code.UNIMPLEMENTED);
            for (int messages : new int[] {0, 2}) {
                var ended = new CompletableFuture<Status>();
                ClientCall<byte[], byte[]> call =
                        server.client.channel.newCall(TestClient.method("ServerLive", MethodType.BIDI_STREAMING), CallOptions.DEFAULT);
                call.start(new ClientCall.Listener<>() {
                    @Override public void onClose(Status status, Metadata trailers) { ended.complete(status); }
                }, new Metadata());
                for (int i = 0; i < messages; i++) call.sendMessage(new byte[0]);
                call.halfClose();
                if (messages == 0) assertThat(ended.join().getDescription()).isEqualTo("a call has one message, not none");
                else assertThat(ended.join().getCode()).isEqualTo(Code.CANCELLED);
            }
        }
    }

    @Test void a_full_queue_is_resource_exhausted() throws Exception {
        try (var server = new TestServer(ServerOptions.standard(), TestServer.SERVING.queue(1))) {
            server.hold();
            var first = ask(server, GOOD);
            server.awaitRun();
            var second = ask(server, GOOD);
            await(() -> health(server).waiting() == 1);
            Status status = server.client.failure("ModelInfer", GOOD);
            assertThat(status.getCode()).isEqualTo(Code.RESOURCE_EXHAUSTED);
            assertThat(status.getDescription()).startsWith("the queue of double:1 is full: 1 requests wait");
            server.release();
            assertThat(first.join()).isEqualTo(second.join()).contains("fp32_contents: 6.0");
        }
    }

    @Test void a_failing_model_is_an_internal_error() {
        try (var server = new TestServer()) {
            server.models.load("late", 1, () -> server.model(x -> {
                if (x.sum().itemDouble() != 0) throw new IllegalStateException("first line\nsecond line");
                return x.clone();
            }), TestServer.SERVING);
            Status status = server.client.failure("ModelInfer", GOOD.replace("double", "late"));
            assertThat(status.getCode()).isEqualTo(Code.INTERNAL);
            assertThat(status.getDescription()).isEqualTo("first line");
        }
    }

    @Test void what_is_too_late_does_not_run() throws Exception {
        try (var server = new TestServer()) {
            server.hold();
            var first = ask(server, GOOD);
            server.awaitRun();
            Status byParameter = server.client.failure("ModelInfer", "parameters { key: 'timeout' value { int64_param: 50000 } } " + GOOD);
            assertThat(byParameter.getCode()).isEqualTo(Code.DEADLINE_EXCEEDED);
            assertThat(byParameter.getDescription()).isEqualTo("double:1 did not answer within 50.0 ms");
            byte[] good = TestClient.encoded("ModelInfer", GOOD);
            for (int i = 0; i < 100; i++) // more than a connection may survive of some servers
                assertThat(TestClient.failure(() -> ClientCalls.blockingUnaryCall(server.client.channel,
                        TestClient.method("ModelInfer", MethodType.UNARY),
                        CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.MILLISECONDS), good)).getCode())
                        .isEqualTo(Code.DEADLINE_EXCEEDED);
            int runs = server.runs.get();
            server.release();
            assertThat(first.join()).contains("fp32_contents: 6.0");
            assertThat(server.client.call("ModelInfer", GOOD)).contains("fp32_contents: 6.0");
            assertThat(server.runs).hasValue(runs + 1);
        }
    }

    @Test void a_cancelled_request_does_not_run() throws Exception {
        try (var server = new TestServer(ServerOptions.standard(), TestServer.SERVING.queue(61));
                var other = new TestClient(server.server.grpcPort())) {
            server.hold();
            var first = ask(server, GOOD);
            server.awaitRun();
            int runs = server.runs.get();
            byte[] good = TestClient.encoded("ModelInfer", GOOD);
            var calls = new ArrayList<ClientCall<byte[], byte[]>>();
            for (int i = 0; i < 60; i++) {
                ClientCall<byte[], byte[]> call =
                        server.client.channel.newCall(TestClient.method("ModelInfer", MethodType.UNARY), CallOptions.DEFAULT);
                call.start(new ClientCall.Listener<>() {}, new Metadata());
                call.sendMessage(good);
                call.halfClose();
                calls.add(call);
            }
            var lost = CompletableFuture.runAsync(() -> TestClient.failure(() -> other.call("ModelInfer", GOOD)));
            await(() -> health(server).waiting() == 61);
            calls.forEach(c -> c.cancel("not needed any more", null));
            other.close(); // as when a client's process ends
            lost.join();
            while (health(server).waiting() > 1) // a full queue forgets those that nobody waits for, when another one comes
                server.client.failure("ModelInfer", "parameters { key: 'timeout' value { int64_param: 1000 } } " + GOOD);
            server.release();
            assertThat(first.join()).contains("fp32_contents: 6.0");
            await(() -> health(server).waiting() == 0 && health(server).running() == 0);
            assertThat(health(server).answered()).isEqualTo(1);
            assertThat(server.runs).hasValue(runs);
        }
    }

    @Test void an_end_answers_what_was_accepted() throws Exception {
        var server = new TestServer();
        try {
            server.hold();
            var accepted = ask(server, GOOD);
            server.awaitRun();
            var end = Thread.ofVirtual().start(server.server::close);
            await(() -> server.client.call("ServerReady", "").isEmpty());
            Status refused = server.client.failure("ModelInfer", GOOD);
            assertThat(refused.getCode()).isEqualTo(Code.UNAVAILABLE);
            assertThat(refused.getDescription()).isEqualTo("the server is stopping");
            server.release();
            assertThat(accepted.join()).contains("fp32_contents: 6.0");
            end.join();
            assertThat(server.client.failure("ServerLive", "").getCode()).isEqualTo(Code.UNAVAILABLE);
        } finally {
            server.close();
        }
    }

    @Test void what_takes_longer_than_the_grace_is_cut_off() throws Exception {
        var server = new TestServer(ServerOptions.standard().grace(Duration.ofMillis(100)), TestServer.SERVING);
        try {
            server.hold();
            var accepted = ask(server, GOOD);
            server.awaitRun();
            server.server.close();
            assertThatThrownBy(accepted::join).isInstanceOf(CompletionException.class).hasCauseInstanceOf(StatusRuntimeException.class);
        } finally {
            server.close();
        }
    }

    @Test void models_that_load_are_unavailable() throws Exception {
        var loading = new CountDownLatch(1);
        var go = new CountDownLatch(1);
        try (var server = new TestServer(ServerOptions.standard().ready(() -> go.getCount() == 0), TestServer.SERVING)) {
            var load = Thread.ofVirtual().start(() -> server.models.load("slow", 1, () -> {
                loading.countDown();
                go.await();
                return server.model(x -> x.mul(2));
            }, TestServer.SERVING));
            loading.await();
            assertThat(server.client.call("ServerReady", "")).isEmpty();
            assertThat(server.client.call("ModelReady", "name: 'slow'")).isEmpty();
            for (String name : new String[] {"slow", "unknown"})
                assertThat(server.client.failure("ModelInfer", GOOD.replace("double", name)).getCode()).isEqualTo(Code.UNAVAILABLE);
            go.countDown();
            load.join();
            assertThat(server.client.call("ServerReady", "")).isEqualTo("ready: true");
            assertThat(server.client.call("ModelInfer", GOOD.replace("double", "slow"))).contains("fp32_contents: 6.0");
        }
    }
}
