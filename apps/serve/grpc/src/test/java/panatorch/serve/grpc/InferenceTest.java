package panatorch.serve.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.TextFormat;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.UnknownFieldSet.Field;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status.Code;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import panatorch.DType;
import panatorch.junit.NoTensorLeaks;
import panatorch.serve.http.ServerOptions;

/** The messages are written by hand after the protocol's description; Google's library encodes and decodes them. */
@NoTensorLeaks
@Timeout(120)
class InferenceTest {
    private static String bytes(String hex) {
        return TextFormat.escapeBytes(ByteString.copyFrom(HexFormat.of().parseHex(hex.replace(" ", ""))));
    }

    @Test void numbers_are_answered_with_numbers() {
        try (var server = new TestServer()) {
            String request = "id: '7' outputs { name: 'y' } " + TestClient.row("1, -0.5, inf");
            String answer = "model_name: \"double\" model_version: \"1\" id: \"7\" outputs { name: \"y\" datatype: \"FP32\" "
                    + "shape: 1 shape: 3 contents { fp32_contents: 2.0 fp32_contents: -1.0 fp32_contents: Infinity } }";
            assertThat(server.client.call("ModelInfer", request)).isEqualTo(answer);
            assertThat(server.client.call("ModelInfer", request + " model_version: '1'")).isEqualTo(answer);
        }
    }

    @Test void bytes_are_answered_with_bytes() {
        try (var server = new TestServer()) {
            String inputs = "model_name: 'double' inputs { name: 'x' datatype: 'FP32' shape: [2, 3] } raw_input_contents: '"
                    + bytes("0000803f 000000c0 0000c07f 00000000 00004040 0000003f") + "'";
            String outputs = "model_name: \"double\" model_version: \"1\" outputs { name: \"y\" datatype: \"FP32\" shape: 2 shape: 3 ";
            assertThat(server.client.call("ModelInfer", inputs)).isEqualTo(
                    outputs + "} raw_output_contents: \"" + bytes("00000040 000080c0 0000c07f 00000000 0000c040 0000803f") + "\"");
            assertThat(server.client.call("ModelInfer", inputs + " parameters { key: 'binary_data_output' value { bool_param: false } }"))
                    .isEqualTo(outputs + "contents { fp32_contents: 2.0 fp32_contents: -4.0 fp32_contents: NaN fp32_contents: 0.0 "
                            + "fp32_contents: 6.0 fp32_contents: 1.0 } }");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            BOOL   | BOOL     | bool_contents   | true, false, true                                            | 010001
            INT8   | INT8     | int_contents    | 127, -128, 0                                                 | 7f8000
            INT16  | INT16    | int_contents    | 32767, -32768, 0                                             | ff7f00800000
            INT32  | INT32    | int_contents    | 2147483647, -2147483648, 0                                   | ffffff7f0000008000000000
            INT64  | INT64    | int64_contents  | 9223372036854775807, -9223372036854775808, 9007199254740993 | \
            ffffffffffffff7f00000000000000800100000000002000
            UINT8  | UINT8    | uint_contents   | 255, 0, 1                                                    | ff0001
            UINT16 | UINT16   | uint_contents   | 65535, 0, 256                                                | ffff00000001
            UINT32 | UINT32   | uint_contents   | 4294967295, 0, 65536                                         | ffffffff0000000000000100
            UINT64 | UINT64   | uint64_contents | 18446744073709551615, 0, 1                                   | \
            ffffffffffffffff00000000000000000100000000000000
            FP32   | FLOAT32  | fp32_contents   | 1.5, -3.0, 0.25                                              | 0000c03f000040c00000803e
            FP64   | FLOAT64  | fp64_contents   | 0.1, -1.0E300, 4.9E-324                                      | \
            9a9999999999b93f9c7500883ce437fe0100000000000000
            FP16   | FLOAT16  |                 |                                                              | 003efffb0034
            BF16   | BFLOAT16 |                 |                                                              | c03f40c0803e
            """) void elements_of_each_type_come_back_as_they_were(String datatype, DType dtype, String field, String elements,
            String hex) {
        try (var server = new TestServer()) {
            server.models.load("same", 3, () -> TestServer.model(dtype, dtype, x -> x.clone()), TestServer.SERVING);
            String request = "model_name: 'same' inputs { name: 'x' datatype: '" + datatype + "' shape: [1, 3] ";
            String answer = "model_name: \"same\" model_version: \"3\" outputs { name: \"y\" datatype: \"" + datatype
                    + "\" shape: 1 shape: 3 ";
            assertThat(server.client.call("ModelInfer", request + "} raw_input_contents: '" + bytes(hex) + "'"))
                    .isEqualTo(answer + "} raw_output_contents: \"" + bytes(hex) + "\"");
            if (field == null) {
                assertThat(server.client.failure("ModelInfer", request + "}").getDescription())
                        .isEqualTo("input 'x': " + datatype + " has no contents of its own; send its bytes in raw_input_contents");
                return;
            }
            var expected = new StringBuilder(answer + "contents { ");
            for (String e : elements.split(", ")) expected.append(field).append(": ").append(e).append(' ');
            assertThat(server.client.call("ModelInfer", request + "contents { " + field + ": [" + elements + "] } }"))
                    .isEqualTo(expected + "} }");
        }
    }

    @Test void outputs_of_a_type_without_numbers_of_its_own_are_bytes() {
        try (var server = new TestServer()) {
            server.models.load("half", 1, () -> TestServer.model(DType.FLOAT32, DType.FLOAT16, x -> x.to(DType.FLOAT16)),
                    TestServer.SERVING);
            assertThat(server.client.call("ModelInfer", TestClient.row("1, 2, -2.5").replace("double", "half")))
                    .endsWith("} raw_output_contents: \"" + bytes("003c004000c1") + "\"");
        }
    }

    @Test void repeated_fields_may_come_one_by_one_and_in_parts() {
        var contents = UnknownFieldSet.newBuilder().addField(6,
                Field.newBuilder().addFixed32(Float.floatToIntBits(1)).addLengthDelimited(ByteString.fromHex("0000004000004040")).build());
        var input = UnknownFieldSet.newBuilder().addField(5, length(contents)).addField(2, text("FP32"))
                .addField(3, Field.newBuilder().addVarint(1).addVarint(3).build()).addField(1, text("x")).addField(99, text("unknown"));
        var request = UnknownFieldSet.newBuilder().addField(5, length(input)).addField(1, text("double"))
                .addField(1000, Field.newBuilder().addFixed64(1).build()).build();
        try (var server = new TestServer()) {
            assertThat(TestClient.decoded("ModelInfer", server.client.call(server.client.channel, "ModelInfer", request.toByteArray())))
                    .contains("fp32_contents: 2.0 fp32_contents: 4.0 fp32_contents: 6.0");
        }
    }

    private static Field text(String text) { return Field.newBuilder().addLengthDelimited(ByteString.copyFromUtf8(text)).build(); }

    private static Field length(UnknownFieldSet.Builder message) {
        return Field.newBuilder().addLengthDelimited(message.build().toByteString()).build();
    }

    @Test void descriptions_are_those_of_the_protocol() {
        try (var server = new TestServer()) {
            server.models.load("double", 12, () -> server.model(x -> x.mul(2)), TestServer.SERVING);
            TestClient c = server.client;
            assertThat(c.call("ModelMetadata", "name: 'double'")).isEqualTo("name: \"double\" versions: \"1\" versions: \"12\" "
                    + "platform: \"panatorch\" inputs { name: \"x\" datatype: \"FP32\" shape: -1 shape: 3 } "
                    + "outputs { name: \"y\" datatype: \"FP32\" shape: -1 shape: 3 }");
            assertThat(c.call("ServerMetadata", "")).startsWith("name: \"panatorch\"")
                    .endsWith("extensions: \"model_repository\" extensions: \"parameters\"");
            assertThat(c.call("ServerLive", "")).isEqualTo("live: true");
            assertThat(c.call("ServerReady", "")).isEqualTo("ready: true");
            assertThat(c.call("ModelReady", "name: 'double' version: '12'")).isEqualTo("ready: true");
            assertThat(c.call("ModelReady", "name: 'double' version: '2'")).isEmpty();
            assertThat(c.call("ModelReady", "name: 'none'")).isEmpty();
            assertThat(c.call("RepositoryIndex", "")).isEqualTo("models { name: \"double\" version: \"1\" state: \"READY\" } "
                    + "models { name: \"double\" version: \"12\" state: \"READY\" }");
        }
    }

    @Test void models_are_loaded_and_unloaded_while_others_ask() throws Exception {
        var started = new CountDownLatch(4);
        var over = new AtomicBoolean();
        var made = new TestServer[1];
        ServerOptions options = ServerOptions.standard().loader(name -> {
            if (!name.equals("double")) throw new java.util.NoSuchElementException("there is no folder of " + name);
            made[0].models.load("double", 1, () -> made[0].model(x -> x.mul(2)), TestServer.SERVING);
        });
        try (var server = new TestServer(options, TestServer.SERVING)) {
            made[0] = server;
            var callers = Stream.generate(() -> CompletableFuture.runAsync(() -> {
                for (int i = 0; !over.get(); i++) {
                    assertThat(server.client.call("ModelInfer", TestClient.row(i + ", 0, 1")))
                            .contains("fp32_contents: " + 2.0f * i + " fp32_contents: 0.0 fp32_contents: 2.0");
                    if (i == 10) started.countDown();
                }
            }, t -> Thread.ofVirtual().start(t))).limit(4).toList();
            while (!started.await(5, TimeUnit.MILLISECONDS)) assertThat(callers).noneMatch(CompletableFuture::isDone);
            for (int i = 0; i < 20; i++) assertThat(server.client.call("RepositoryModelLoad", "model_name: 'double'")).isEmpty();
            over.set(true);
            callers.forEach(CompletableFuture::join);

            assertThat(server.client.failure("RepositoryModelLoad", "model_name: 'other'"))
                    .satisfies(s -> assertThat(s.getCode()).isEqualTo(Code.NOT_FOUND))
                    .satisfies(s -> assertThat(s.getDescription()).isEqualTo("there is no folder of other"));
            assertThat(server.client.call("RepositoryModelUnload", "model_name: 'double'")).isEmpty();
            assertThat(server.client.call("RepositoryIndex", "")).isEmpty();
            assertThat(server.client.failure("ModelInfer", TestClient.row("1, 2, 3")).getCode()).isEqualTo(Code.NOT_FOUND);
        }
    }

    @Test void a_stream_is_answered_in_order_and_goes_on_after_an_error() throws Exception {
        var answers = new LinkedBlockingQueue<String>();
        try (var server = new TestServer()) {
            StreamObserver<byte[]> requests = ClientCalls.asyncBidiStreamingCall(
                    server.client.channel.newCall(TestClient.method("ModelStreamInfer", MethodType.BIDI_STREAMING), CallOptions.DEFAULT),
                    new StreamObserver<>() {
                        @Override public void onNext(byte[] answer) { answers.add(TestClient.decoded("ModelStreamInfer", answer)); }

                        @Override public void onError(Throwable e) { answers.add(e.toString()); }

                        @Override public void onCompleted() { answers.add("completed"); }
                    });
            for (String row : List.of("1, 0, 0", "2", "3, 0, 0"))
                requests.onNext(TestClient.encoded("ModelStreamInfer", "id: 'of " + row + "' " + TestClient.row(row)));
            assertThat(answers.poll(60, TimeUnit.SECONDS)).contains("id: \"of 1, 0, 0\"", "fp32_contents: 2.0");
            assertThat(answers.poll(60, TimeUnit.SECONDS)).startsWith("error_message: ")
                    .contains("the contents have 1 elements, but the shape "
                            + "is [1, 3], which has 3\"")
                    .endsWith("infer_response { id: \"of 2\" }");
            assertThat(answers.poll(60, TimeUnit.SECONDS)).contains("id: \"of 3, 0, 0\"", "fp32_contents: 6.0");
            requests.onCompleted();
            assertThat(answers.poll(60, TimeUnit.SECONDS)).isEqualTo("completed");
        }
    }

    @Test void large_tensors_pass_both_ways() {
        int rows = 1_000_000;
        try (var server = new TestServer(ServerOptions.standard(), TestServer.SERVING.maxBatch(rows))) {
            byte[] floats = new byte[rows * 12];
            for (int i = 0; i < floats.length; i += 4) {
                floats[i + 2] = (byte) (i / 4);
                floats[i + 3] = 0x40;
            }
            var request = UnknownFieldSet.newBuilder().addField(1, text("double"))
                    .addField(5, length(UnknownFieldSet.newBuilder().addField(1, text("x")).addField(2, text("FP32"))
                            .addField(3, Field.newBuilder().addVarint(rows).addVarint(3).build())))
                    .addField(7, Field.newBuilder().addLengthDelimited(ByteString.copyFrom(floats)).build()).build().toByteArray();
            for (int call = 0; call < 8; call++) { // more than all memory for requests, if none were given back
                byte[] answer = server.client.call(server.client.channel, "ModelInfer", request);
                int at = answer.length - floats.length;
                for (int i = 0; i < floats.length; i += 4096) {
                    float sent = Float.intBitsToFloat((floats[i + 2] & 0xff) << 16 | 0x40 << 24);
                    int back = answer[at + i + 3] << 24 | (answer[at + i + 2] & 0xff) << 16;
                    assertThat(Float.intBitsToFloat(back)).as("element " + i / 4).isEqualTo(2 * sent);
                }
            }
        }
    }
}
