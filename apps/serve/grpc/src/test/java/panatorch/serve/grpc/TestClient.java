package panatorch.serve.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.TextFormat;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A client of the service whose messages are texts in protocol buffers' text format, encoded and decoded by Google's library. */
final class TestClient implements AutoCloseable {
    static final String SERVICE = "inference.GRPCInferenceService";
    private static final Path COMPILED = Path.of(System.getProperty("basedir", "."), "target/inference.desc");

    final ManagedChannel channel;
    private CallOptions options = CallOptions.DEFAULT;

    TestClient(int port) {
        this(NettyChannelBuilder.forAddress("127.0.0.1", port, InsecureChannelCredentials.create()).maxInboundMessageSize(1 << 28).build());
    }

    TestClient(ManagedChannel channel) { this.channel = channel; }

    /** Returns the protocol, and skips the test if Maven has not compiled it. */
    static FileDescriptor protocol() {
        assumeTrue(Files.exists(COMPILED), "skipped: Maven makes " + COMPILED + " by protoc, but not while it is offline (-o)");
        try {
            return FileDescriptor.buildFrom(FileDescriptorSet.parseFrom(Files.readAllBytes(COMPILED)).getFile(0), new FileDescriptor[0]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (DescriptorValidationException e) {
            throw new IllegalStateException(e);
        }
    }

    TestClient with(CallOptions options) {
        this.options = options;
        return this;
    }

    static Metadata headers(String name, String value) {
        var headers = new Metadata();
        headers.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value);
        return headers;
    }

    private static final Marshaller<byte[]> BYTES = new Marshaller<>() {
        @Override public InputStream stream(byte[] message) { return new ByteArrayInputStream(message); }

        @Override public byte[] parse(InputStream in) {
            try {
                return in.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    };

    static io.grpc.MethodDescriptor<byte[], byte[]> method(String name, MethodType type) {
        return io.grpc.MethodDescriptor.newBuilder(BYTES, BYTES).setType(type).setFullMethodName(SERVICE + "/" + name).build();
    }

    private static MethodDescriptor declared(String method) {
        return protocol().findServiceByName("GRPCInferenceService").findMethodByName(method);
    }

    /** Returns the bytes of a request. */
    static byte[] encoded(String method, String text) {
        return encoded(declared(method).getInputType(), text);
    }

    static byte[] encoded(Descriptor type, String text) {
        var message = DynamicMessage.newBuilder(type);
        try {
            TextFormat.merge(text, message);
        } catch (TextFormat.ParseException e) {
            throw new IllegalArgumentException(text, e);
        }
        return message.build().toByteArray();
    }

    static String decoded(String method, byte[] answer) {
        try {
            var message = DynamicMessage.parseFrom(declared(method).getOutputType(), answer);
            assertThat(message.getUnknownFields().asMap()).isEmpty();
            return TextFormat.printer().emittingSingleLine(true).printToString(message).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Calls a method, and returns the answer as text. */
    String call(String method, String request) {
        return decoded(method, call(channel, method, encoded(method, request)));
    }

    byte[] call(Channel to, String method, byte[] request) {
        return ClientCalls.blockingUnaryCall(to, method(method, MethodType.UNARY), options, request);
    }

    /** Calls a method that fails, and returns how. */
    Status failure(String method, String request) {
        return failure(() -> call(method, request));
    }

    static Status failure(Runnable call) {
        StatusRuntimeException e = catchThrowableOfType(StatusRuntimeException.class, call::run);
        assertThat(e).isNotNull();
        return e.getStatus();
    }

    /** Asks the model {@code double} about a row. */
    static String row(String numbers) {
        return "model_name: 'double' inputs { name: 'x' datatype: 'FP32' shape: [1, 3] contents { fp32_contents: [" + numbers + "] } }";
    }

    @Override public void close() { channel.shutdownNow(); }
}
