package panatorch.serve.http;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Refuses requests without the token, and those that a page of another site makes in the browser of somebody on this machine: a browser
 * tells the page's site in {@code Origin}, and a name that was made to point to this machine in {@code Host}.
 */
final class AccessFilter implements Filter {
    private static final Set<String> LOCAL = Set.of("localhost", "127.0.0.1", "[::1]");

    private final byte @Nullable [] token;
    private final boolean loopback;

    /** @param loopback whether only this machine can reach the server */
    AccessFilter(byte @Nullable [] token, boolean loopback) {
        this.token = token;
        this.loopback = loopback;
    }

    @Override public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        HttpError refusal = refusal(request);
        if (refusal == null) chain.proceed();
        else Errors.send(request, response, refusal);
    }

    private @Nullable HttpError refusal(RoutingRequest request) {
        String host = request.authority();
        String origin = header(request, HeaderNames.ORIGIN);
        if (origin != null && !origin.replaceFirst("^[a-z]+://", "").equals(host))
            return new HttpError(HttpError.FORBIDDEN, "requests by pages of " + origin + " are not allowed");
        if (loopback && host != null && !LOCAL.contains(host.replaceFirst(":\\d+$", "")))
            return new HttpError(HttpError.FORBIDDEN, "this server answers to localhost only, not to " + host);
        String path = request.path().path();
        if (token == null || path.equals("/") || path.startsWith("/v2/health/")) return null; // the page asks for the token itself
        String given = header(request, HeaderNames.AUTHORIZATION);
        if (given != null && given.regionMatches(true, 0, "Bearer ", 0, 7)
                && MessageDigest.isEqual(token, given.substring(7).strip().getBytes(StandardCharsets.UTF_8)))
            return null;
        return new HttpError(HttpError.UNAUTHORIZED, "this server wants the header Authorization: Bearer TOKEN with its token");
    }

    private static @Nullable String header(RoutingRequest request, HeaderName name) {
        return request.headers().first(name).orElse(null);
    }
}
