package panatorch.serve.grpc;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.Set;
import panatorch.serve.http.internal.Access;
import panatorch.serve.http.internal.HttpError;

/** Refuses calls that are not allowed, and those that {@link CallMemory} has no room for. */
final class CallGuard implements ServerInterceptor {
    private static final Metadata.Key<String> ORIGIN = Metadata.Key.of("origin", Metadata.ASCII_STRING_MARSHALLER),
            AUTHORIZATION = Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    private static final Set<String> OPEN = Set.of("ServerLive", "ServerReady");

    private final Access access;

    CallGuard(Access access) { this.access = access; }

    @Override public <Q, A> ServerCall.Listener<Q> interceptCall(ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        HttpError refusal = access.refusal(call.getAuthority(), headers.get(ORIGIN), headers.get(AUTHORIZATION),
                OPEN.contains(String.valueOf(call.getMethodDescriptor().getBareMethodName())));
        if (refusal != null) {
            call.close(Statuses.of(refusal), new Metadata());
            return new ServerCall.Listener<>() {};
        }
        var closing = new ClosingOnce<>(call);
        CallMemory.current().onRefusal(e -> closing.close(Statuses.of(e), new Metadata()));
        return next.startCall(closing, headers);
    }

    /** A call that two threads may close, of which the first wins. */
    private static final class ClosingOnce<Q, A> extends SimpleForwardingServerCall<Q, A> {
        private boolean closed;

        ClosingOnce(ServerCall<Q, A> call) {
            super(call);
        }

        @Override public synchronized void sendHeaders(Metadata headers) {
            if (!closed) super.sendHeaders(headers);
        }

        @Override public synchronized void sendMessage(A message) {
            if (!closed) super.sendMessage(message);
        }

        @Override public synchronized void close(Status status, Metadata trailers) {
            if (closed) return;
            closed = true;
            super.close(status, trailers);
        }
    }
}
