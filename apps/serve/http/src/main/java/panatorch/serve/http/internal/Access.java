package panatorch.serve.http.internal;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides who may ask: who has the token, and no page of another site in the browser of somebody on this machine. A browser tells the
 * page's site in {@code Origin}, and a name that was made to point to this machine in {@code Host}.
 */
public final class Access {
    private static final Set<String> LOCAL = Set.of("localhost", "127.0.0.1", "[::1]");

    private final byte @Nullable [] token;
    private final boolean loopback;

    /** @param loopback whether only this machine can reach the server */
    public Access(byte @Nullable [] token, boolean loopback) {
        this.token = token;
        this.loopback = loopback;
    }

    /**
     * Returns why a request is refused, or null if it is not.
     *
     * @param host the name by which the client calls the server
     * @param open whether what it asks for is there without the token
     */
    public @Nullable HttpError refusal(@Nullable String host, @Nullable String origin, @Nullable String authorization, boolean open) {
        if (origin != null && !origin.replaceFirst("^[a-z]+://", "").equals(host))
            return new HttpError(HttpError.FORBIDDEN, "requests by pages of " + origin + " are not allowed");
        if (loopback && host != null && !LOCAL.contains(host.replaceFirst(":\\d+$", "")))
            return new HttpError(HttpError.FORBIDDEN, "this server answers to localhost only, not to " + host);
        if (token == null || open) return null;
        if (authorization != null && authorization.regionMatches(true, 0, "Bearer ", 0, 7)
                && MessageDigest.isEqual(token, authorization.substring(7).strip().getBytes(StandardCharsets.UTF_8)))
            return null;
        return new HttpError(HttpError.UNAUTHORIZED, "this server wants the header Authorization: Bearer TOKEN with its token");
    }
}
