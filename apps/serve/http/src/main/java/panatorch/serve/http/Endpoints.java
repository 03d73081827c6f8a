package panatorch.serve.http;

import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import panatorch.Scope;
import panatorch.serve.Answer;
import panatorch.serve.ModelRepository;
import panatorch.serve.Served;
import panatorch.serve.http.internal.HttpError;
import panatorch.serve.http.internal.InferenceService;

/** The paths of the Open Inference Protocol, and those of Triton's extension for the models of a repository. */
final class Endpoints implements HttpService {
    private static final HeaderName JSON_LENGTH = HeaderNames.create("Inference-Header-Content-Length");
    private static final HeaderName TIMING = HeaderNames.create("Server-Timing");
    private static final Header BYTES = HeaderValues.create(HeaderNames.CONTENT_TYPE, "application/octet-stream");
    private static final Header PROMETHEUS = HeaderValues.create(HeaderNames.CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");

    private static final Header PAGE_POLICY = HeaderValues.create("Content-Security-Policy", "default-src 'none'; connect-src 'self'; "
            + "img-src blob: data:; script-src 'unsafe-inline'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'");
    private static final byte[] PAGE = resource("page.html"), OPENAPI = resource("openapi.json");

    private final InferenceService service;
    private final ServerOptions options;
    private final Bodies bodies;
    private final Patience patience;
    private final InferRequestReader reader;

    Endpoints(InferenceService service, ServerOptions options, Bodies bodies, Patience patience) {
        this.service = service;
        this.options = options;
        this.bodies = bodies;
        this.patience = patience;
        reader = new InferRequestReader(options.maxTensors, options.maxDepth);
    }

    @Override public void routing(HttpRules rules) {
        rules.get("/v2/health/live", plain((_, to) -> json(to, JsonDocument.of("live", true))))
                .get("/v2/health/ready", plain((_, to) -> ready(to, "ready", service.isReady())))
                .get("/v2", plain((_, to) -> json(to, serverMetadata())))
                .get("/v2/models", plain((_, to) -> json(to, names())));
        for (String model : List.of("/v2/models/{name}", "/v2/models/{name}/versions/{version}"))
            rules.get(model, plain(this::describe))
                    .get(model + "/ready", plain(this::modelReady))
                    .post(model + "/infer", counted(this::infer))
                    .post(model + "/classify", counted(this::classify));
        rules.post("/v2/repository/index", plain((_, to) -> json(to, index())))
                .post("/v2/repository/models/{name}/load", counted(this::load))
                .post("/v2/repository/models/{name}/unload", counted(this::unload));
        Supplier<String> metrics = options.metrics;
        if (metrics != null) rules.get("/metrics", plain((_, to) -> {
            to.header(PROMETHEUS);
            to.send(metrics.get());
        }));
        rules.get("/v2/docs", plain((_, to) -> json(to, OPENAPI)));
        rules.get("/", plain((_, to) -> {
            to.header(HeaderNames.CONTENT_TYPE, "text/html; charset=utf-8");
            to.header(PAGE_POLICY);
            to.send(PAGE);
        }));
        rules.any(plain((request, _) -> {
            throw new HttpError(HttpError.NOT_FOUND, "there is no " + request.prologue().method() + " " + request.path().path()
                    + "; /v2/docs describes what there is");
        }));
    }

    private static byte[] resource(String name) {
        try (InputStream in = Endpoints.class.getResourceAsStream(name)) {
            return Objects.requireNonNull(in, name).readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns a handler that answers exceptions as the protocol does. */
    private static Handler plain(Handler handler) {
        return (request, response) -> {
            try {
                handler.handle(request, response);
            } catch (Exception e) {
                if (response.isSent()) throw e;
                Errors.send(request, response, HttpError.of(e));
            }
        };
    }

    /** Returns a handler whose requests are waited for at the end, and refused afterwards. */
    private Handler counted(Handler handler) {
        Handler plain = plain(handler);
        return plain((request, response) -> service.counted(() -> {
            plain.handle(request, response);
            return response;
        }));
    }

    private static void json(ServerResponse to, byte[] document) {
        to.header(HeaderValues.CONTENT_TYPE_JSON);
        to.send(document);
    }

    // ---- health and descriptions

    private static void ready(ServerResponse to, String field, boolean ready) {
        if (!ready) to.status(HttpError.UNAVAILABLE);
        json(to, JsonDocument.of(field, ready));
    }

    private static byte[] serverMetadata() {
        return JsonDocument.of(to -> {
            to.writeStartObject();
            to.writeStringField("name", "panatorch");
            to.writeStringField("version", InferenceService.serverVersion());
            to.writeArrayFieldStart("extensions");
            for (String e : List.of("binary_tensor_data", "model_repository", "parameters")) to.writeString(e);
            to.writeEndArray();
            to.writeEndObject();
        });
    }

    private byte[] names() {
        return JsonDocument.of(to -> {
            to.writeStartObject();
            to.writeArrayFieldStart("models");
            for (String name : service.list().stream().map(ModelRepository.Entry::name).distinct().toList()) to.writeString(name);
            to.writeEndArray();
            to.writeEndObject();
        });
    }

    private void describe(ServerRequest request, ServerResponse to) {
        String name = name(request);
        Served served = get(request);
        json(to, ModelMetadata.of(name, service.versions(name), served.model().signature()));
    }

    private void modelReady(ServerRequest request, ServerResponse to) {
        get(request);
        ready(to, "ready", !service.isStopping());
    }

    private Served get(ServerRequest request) { return service.get(name(request), version(request)); }

    private static String name(ServerRequest request) { return request.path().pathParameters().get("name"); }

    private static long version(ServerRequest request) {
        return InferenceService.version(request.path().pathParameters().first("version").orElse(null));
    }

    // ---- inference

    private void infer(ServerRequest request, ServerResponse to) {
        String name = name(request);
        long version = version(request);
        String jsonLength = request.headers().first(JSON_LENGTH).orElse(null);
        InferResponse response = bodies.read(request, body -> {
            try (var scope = Scope.open()) {
                InferRequest in = reader.read(body, jsonLength(jsonLength, body.length));
                return InferResponse.of(name, in, service.call(name, version, in.request()));
            }
        });
        if (response.jsonLength() < 0) {
            to.header(HeaderValues.CONTENT_TYPE_JSON);
        } else {
            to.header(BYTES);
            to.header(JSON_LENGTH, Integer.toString(response.jsonLength()));
        }
        patience.within(() -> { // the answer may be larger than what the client takes
            to.send(response.body());
            return to;
        });
    }

    private static int jsonLength(@Nullable String header, int bodyLength) {
        if (header == null) return bodyLength;
        if (!header.matches("\\d{1,9}") || Integer.parseInt(header) > bodyLength)
            throw HttpError.badRequest(JSON_LENGTH + " is '" + header + "', but the body has " + bodyLength + " bytes");
        return Integer.parseInt(header);
    }

    private void classify(ServerRequest request, ServerResponse to) {
        MediaReader media = options.media;
        String name = name(request), type = request.headers().contentType().map(t -> t.mediaType().type()).orElse("");
        MediaReader.Kind kind = switch (type) {
            case "image" -> MediaReader.Kind.IMAGE;
            case "text" -> MediaReader.Kind.TEXT;
            default -> throw new HttpError(HttpError.UNSUPPORTED,
                    "classify takes an image (Content-Type: image/jpeg, image/png) or a text (text/plain), "
                            + "not '" + type + "'");
        };
        long version = version(request);
        get(request); // an unknown model is told before anything is read
        if (media == null || !media.takes(name, kind))
            throw HttpError.badRequest("nothing says how " + (kind == MediaReader.Kind.IMAGE ? "images" : "texts")
                    + " become inputs of the model '" + name + "'; send tensors to /v2/models/" + name + "/infer");
        json(to, bodies.read(request, body -> {
            try (var scope = Scope.open()) {
                MediaReader.Media read = badRequestUnless(() -> media.read(name, kind, body));
                Answer answer = service.call(name, version, read.request());
                to.header(TIMING, String.format(Locale.ROOT, "queue;dur=%.3f", answer.waited().toNanos() / 1e6));
                return badRequestUnless(() -> read.json(answer)).getBytes(StandardCharsets.UTF_8);
            }
        }));
    }

    private static <T> T badRequestUnless(Supplier<T> step) {
        try {
            return step.get();
        } catch (IllegalArgumentException e) {
            throw HttpError.badRequest(String.valueOf(e.getMessage()));
        }
    }

    // ---- the repository

    private byte[] index() {
        return JsonDocument.of(to -> {
            to.writeStartArray();
            for (ModelRepository.Entry e : service.list()) {
                to.writeStartObject();
                to.writeStringField("name", e.name());
                to.writeStringField("version", Long.toString(e.version()));
                to.writeStringField("state", InferenceService.state(e));
                to.writeStringField("reason", InferenceService.reason(e));
                to.writeEndObject();
            }
            to.writeEndArray();
        });
    }

    private void load(ServerRequest request, ServerResponse to) {
        service.load(name(request));
        json(to, JsonDocument.of("loaded", true));
    }

    private void unload(ServerRequest request, ServerResponse to) {
        service.unload(name(request));
        json(to, JsonDocument.of("unloaded", true));
    }
}
