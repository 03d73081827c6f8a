package panatorch.serve.grpc;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;
import panatorch.serve.http.internal.HttpError;

/** Answers calls that have one message, on the thread that brings it. */
final class UnaryHandler implements ServerCallHandler<byte[], ProtoWriter> {
    /** What a method does. */
    @FunctionalInterface
    interface Operation {
        /** @throws RuntimeException what {@link HttpError#of} knows */
        ProtoWriter answer(byte[] message);
    }

    private final Operation operation;

    UnaryHandler(Operation operation) {
        this.operation = operation;
    }

    @Override public ServerCall.Listener<byte[]> startCall(ServerCall<byte[], ProtoWriter> call, Metadata headers) {
        call.request(2); // the library refuses a second message, but only if it is asked for
        return new ServerCall.Listener<>() {
            private byte @Nullable [] message;

            @Override public void onMessage(byte[] m) { message = m; }

            @Override public void onHalfClose() {
                byte[] m = message;
                message = null;
                if (m != null) answer(call, m);
                else call.close(Statuses.of(HttpError.badRequest("a call has one message, not none")), new Metadata());
            }
        };
    }

    private void answer(ServerCall<byte[], ProtoWriter> call, byte[] message) {
        ProtoWriter answer;
        try (var _ = Cancellation.watch()) {
            CallMemory.current().requireAccepted();
            answer = operation.answer(message);
        } catch (RuntimeException e) {
            call.close(Statuses.of(e), new Metadata());
            return;
        }
        call.sendHeaders(new Metadata());
        call.sendMessage(answer);
        call.close(Status.OK, new Metadata());
    }
}
