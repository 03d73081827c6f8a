package panatorch.serve.http;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import org.jspecify.annotations.Nullable;
import panatorch.serve.http.internal.Access;
import panatorch.serve.http.internal.HttpError;

/** Answers requests that are not allowed with an error. The page asks for the token itself, and so is there without it. */
final class AccessFilter implements Filter {
    private final Access access;

    AccessFilter(Access access) { this.access = access; }

    @Override public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        String path = request.path().path();
        HttpError refusal = access.refusal(request.authority(), header(request, HeaderNames.ORIGIN),
                header(request, HeaderNames.AUTHORIZATION), path.equals("/") || path.startsWith("/v2/health/"));
        if (refusal == null) chain.proceed();
        else Errors.send(request, response, refusal);
    }

    private static @Nullable String header(RoutingRequest request, HeaderName name) {
        return request.headers().first(name).orElse(null);
    }
}
