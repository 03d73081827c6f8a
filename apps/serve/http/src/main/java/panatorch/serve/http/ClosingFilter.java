package panatorch.serve.http;

import io.helidon.http.HeaderValues;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;

/** Ends the connection of a client that has asked for it, after the answer; Helidon by itself waits for the client to do so. */
final class ClosingFilter implements Filter {
    @Override public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        chain.proceed();
        if (response.isSent() && request.headers().containsToken(HeaderValues.CONNECTION_CLOSE))
            throw new CloseConnectionException("the client wants no more");
    }
}
