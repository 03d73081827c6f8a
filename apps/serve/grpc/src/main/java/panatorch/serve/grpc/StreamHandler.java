package panatorch.serve.grpc;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import panatorch.serve.http.internal.HttpError;

/** Answers the messages of a stream in their order, one after the other. The next one is read when the answer to the last is sent. */
final class StreamHandler implements ServerCallHandler<byte[], ProtoWriter> {
    private final UnaryHandler.Operation operation;

    StreamHandler(UnaryHandler.Operation operation) {
        this.operation = operation;
    }

    @Override public ServerCall.Listener<byte[]> startCall(ServerCall<byte[], ProtoWriter> call, Metadata headers) {
        CallMemory memory = CallMemory.current();
        call.sendHeaders(new Metadata());
        call.request(1);
        return new ServerCall.Listener<>() {
            @Override public void onMessage(byte[] message) {
                ProtoWriter answer;
                try (var _ = Cancellation.watch()) {
                    memory.requireAccepted();
                    answer = operation.answer(message);
                } catch (HttpError e) {
                    call.close(Statuses.of(e), new Metadata());
                    return;
                }
                memory.release();
                call.sendMessage(answer);
                call.request(1);
            }

            @Override public void onHalfClose() { call.close(Status.OK, new Metadata()); }
        };
    }
}
