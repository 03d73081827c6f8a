package panatorch.serve.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import panatorch.DType;
import panatorch.junit.NoTensorLeaks;

/** The texts and bytes are written by hand after the protocol's description and that of the binary tensor data extension. */
@NoTensorLeaks
@Timeout(120)
class InferenceTest {
    private static final String ANSWER =
            "{\"model_name\":\"double\",\"model_version\":\"1\",\"id\":\"7\",\"outputs\":[{\"name\":\"y\",\"datatype\":\"FP32\","
                    + "\"shape\":[2,3],\"data\":[2.0,4.0,6.0,-1.0,0.2,8.0E10]}]}";

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"id":"7","inputs":[{"name":"x","shape":[2,3],"datatype":"FP32","data":[1,2,3,-0.5,0.1,4e10]}]}
            {"id":"7","inputs":[{"name":"x","shape":[2,3],"datatype":"FP32","data":[[1,2,3],[-0.5,0.1,4e10]]}],"outputs":[{"name":"y"}]}
            {"inputs":[{"data":[[1,2.0,3],[-0.5,0.1,4e10]],"other":{"a":[1]},"datatype":"FP32","shape":[2,3],"name":"x"}],"more":1,"id":"7"}
            """) void json_in_any_order_and_nesting_gives_json(String body) throws Exception {
        try (var server = new TestServer(ServerOptions.standard())) {
            HttpResponse<String> answer = server.infer(body);
            assertThat(answer.body()).isEqualTo(ANSWER);
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
            assertThat(server.post("/v2/models/double/versions/1/infer", body).body()).isEqualTo(ANSWER);
        }
    }

    @Test void bytes_go_in_and_out_behind_the_json() throws Exception {
        String json = "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,3],\"datatype\":\"FP32\",\"parameters\":{\"binary_data_size\":12}}],"
                + "\"parameters\":{\"binary_data_output\":true}}";
        byte[] floats = HexFormat.of().parseHex("0000803f" + "000000c0" + "0000c07f"); // 1, -2, NaN
        try (var server = new TestServer(ServerOptions.standard())) {
            var request = server.to("/v2/models/double/infer").header("Inference-Header-Content-Length", "" + json.length())
                    .POST(BodyPublishers.ofByteArray(joined(json.getBytes(StandardCharsets.UTF_8), floats))).build();
            HttpResponse<byte[]> answer = server.client.send(request, BodyHandlers.ofByteArray());
            String expected = "{\"model_name\":\"double\",\"model_version\":\"1\",\"outputs\":[{\"name\":\"y\",\"datatype\":\"FP32\","
                    + "\"shape\":[1,3],\"parameters\":{\"binary_data_size\":12}}]}";
            assertThat(answer.headers().firstValue("Inference-Header-Content-Length")).hasValue("" + expected.length());
            assertThat(new String(answer.body(), 0, expected.length(), StandardCharsets.UTF_8)).isEqualTo(expected);
            assertThat(HexFormat.of().formatHex(answer.body(), expected.length(), answer.body().length))
                    .isEqualTo("00000040" + "000080c0" + "0000c07f"); // 2, -4, NaN
        }
    }

    private static byte[] joined(byte[] a, byte[] b) {
        var all = java.util.Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        return all;
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            INT64   | INT64    | [9007199254740993,-9223372036854775808,9223372036854775807]
            INT32   | INT32    | [2147483647,-2147483648,0]
            INT16   | INT16    | [32767,-32768,0]
            INT8    | INT8     | [127,-128,0]
            UINT8   | UINT8    | [255,0,1]
            BOOL    | BOOL     | [true,false,true]
            FP64    | FLOAT64  | [0.1,-1.0E300,4.9E-324]
            FP16    | FLOAT16  | [1.5,-65504.0,0.25]
            BF16    | BFLOAT16 | [1.5,-3.0,0.25]
            FP32    | FLOAT32  | ["NaN","Infinity","-Infinity"]
            """) void elements_of_each_type_come_back_as_they_were(String datatype, DType dtype, String data) throws Exception {
        try (var server = new TestServer(ServerOptions.standard())) {
            server.models.load("same", 3, () -> TestServer.model(dtype, x -> x.clone()), TestServer.SERVING);
            String in = "{\"name\":\"x\",\"datatype\":\"" + datatype + "\",\"shape\":[1,3],\"data\":" + data + "}";
            assertThat(server.post("/v2/models/same/infer", "{\"inputs\":[" + in + "]}").body())
                    .isEqualTo("{\"model_name\":\"same\",\"model_version\":\"3\",\"outputs\":[" + in.replace("\"x\"", "\"y\"") + "]}");
        }
    }

    @Test void http_2_is_spoken_after_an_upgrade() throws Exception {
        var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
        try (var server = new TestServer(ServerOptions.standard(), TestServer.SERVING, client)) {
            assertThat(server.get("/v2").version()).isEqualTo(HttpClient.Version.HTTP_2); // by an upgrade of the connection
            for (int i = 0; i < 3; i++) {
                HttpResponse<String> answer = server.infer(TestServer.rows("[1,2,3]", "[1,3]"));
                assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
                assertThat(answer.body()).contains("[2.0,4.0,6.0]");
            }
        }
    }

    @Test void descriptions_are_those_of_the_protocol() throws Exception {
        try (var server = new TestServer(ServerOptions.standard())) {
            server.models.load("double", 12, () -> server.model(x -> x.mul(2)), TestServer.SERVING);
            assertThat(server.get("/v2/models/double").body()).isEqualTo("{\"name\":\"double\",\"versions\":[\"1\",\"12\"],"
                    + "\"platform\":\"panatorch\",\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[-1,3]}],"
                    + "\"outputs\":[{\"name\":\"y\",\"datatype\":\"FP32\",\"shape\":[-1,3]}]}");
            assertThat(server.get("/v2/models").body()).isEqualTo("{\"models\":[\"double\"]}");
            assertThat(server.get("/v2").body()).startsWith("{\"name\":\"panatorch\",\"version\":\"").contains("binary_tensor_data");
            assertThat(server.get("/v2/health/live").body()).isEqualTo("{\"live\":true}");
            assertThat(server.get("/v2/health/ready").statusCode()).isEqualTo(200);
            assertThat(server.get("/v2/models/double/ready").statusCode()).isEqualTo(200);
            assertThat(server.get("/v2/models/double/versions/2/ready").statusCode()).isEqualTo(404);
            assertThat(server.post("/v2/repository/index", "{}").body()).isEqualTo("[{\"name\":\"double\",\"version\":\"1\","
                    + "\"state\":\"READY\",\"reason\":\"\"},{\"name\":\"double\",\"version\":\"12\",\"state\":\"READY\",\"reason\":\"\"}]");
        }
    }
}
