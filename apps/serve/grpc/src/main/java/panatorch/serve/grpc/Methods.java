package panatorch.serve.grpc;

import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerServiceDefinition;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import panatorch.Scope;
import panatorch.export.Signature;
import panatorch.serve.ModelLoadingException;
import panatorch.serve.ModelRepository;
import panatorch.serve.http.internal.Datatype;
import panatorch.serve.http.internal.HttpError;
import panatorch.serve.http.internal.InferenceService;

/** The methods of the protocol's service {@code inference.GRPCInferenceService}, and those of Triton for the models of a repository. */
final class Methods {
    private static final String SERVICE = "inference.GRPCInferenceService";

    /** Messages are read where they are used. */
    private static final Marshaller<byte[]> REQUEST = new Marshaller<>() {
        @Override public InputStream stream(byte[] message) {
            throw new UnsupportedOperationException("a server sends no requests");
        }

        @Override public byte[] parse(InputStream in) {
            try (in) {
                return in instanceof KnownLength ? in.readNBytes(in.available()) : in.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    };

    private static final Marshaller<ProtoWriter> ANSWER = new Marshaller<>() {
        @Override public InputStream stream(ProtoWriter message) { return message.toStream(); }

        @Override public ProtoWriter parse(InputStream in) {
            throw new UnsupportedOperationException("a server receives no answers");
        }
    };

    private final InferenceService service;
    private final int maxTensors;

    Methods(InferenceService service, int maxTensors) {
        this.service = service;
        this.maxTensors = maxTensors;
    }

    ServerServiceDefinition definition() {
        var to = ServerServiceDefinition.builder(SERVICE);
        add(to, "ServerLive", _ -> new ProtoWriter().truth(1, true));
        add(to, "ServerReady", _ -> new ProtoWriter().truth(1, service.isReady()));
        add(to, "ModelReady", this::modelReady);
        add(to, "ServerMetadata", _ -> serverMetadata());
        add(to, "ModelMetadata", this::modelMetadata);
        add(to, "ModelInfer", m -> service.counted(() -> infer(InferMessage.read(m, maxTensors))));
        add(to, "RepositoryIndex", this::index);
        add(to, "RepositoryModelLoad", m -> service.counted(() -> load(m)));
        add(to, "RepositoryModelUnload", m -> service.counted(() -> unload(m)));
        to.addMethod(descriptor("ModelStreamInfer", MethodType.BIDI_STREAMING), new StreamHandler(this::streamInfer));
        return to.build();
    }

    private static void add(ServerServiceDefinition.Builder to, String name, UnaryHandler.Operation operation) {
        to.addMethod(descriptor(name, MethodType.UNARY), new UnaryHandler(operation));
    }

    private static MethodDescriptor<byte[], ProtoWriter> descriptor(String name, MethodType type) {
        return MethodDescriptor.newBuilder(REQUEST, ANSWER).setType(type)
                .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, name)).build();
    }

    // ---- descriptions

    /** The name and version of a model in a message, in fields that differ from message to message. */
    private record Named(String name, long version) {
        static Named read(byte[] message, int nameField, int versionField) {
            var in = new ProtoReader(message);
            String name = "", version = "";
            while (in.next()) {
                if (in.field() == nameField) name = in.text();
                else if (in.field() == versionField) version = in.text();
                else in.skip();
            }
            return new Named(name, InferenceService.version(version));
        }
    }

    private ProtoWriter modelReady(byte[] message) {
        Named model = Named.read(message, 1, 2);
        boolean ready = !service.isStopping();
        try {
            service.get(model.name, model.version);
        } catch (ModelLoadingException _) {
            ready = false;
        } catch (HttpError e) {
            if (e.status != HttpError.NOT_FOUND && e.status != HttpError.UNAVAILABLE) throw e;
            ready = false;
        }
        return new ProtoWriter().truth(1, ready);
    }

    private static ProtoWriter serverMetadata() {
        return new ProtoWriter().text(1, "panatorch").text(2, InferenceService.serverVersion()).element(3, "model_repository").element(3,
                "parameters");
    }

    private ProtoWriter modelMetadata(byte[] message) {
        Named model = Named.read(message, 1, 2);
        Signature signature = service.get(model.name, model.version).model().signature();
        var to = new ProtoWriter().text(1, model.name);
        for (long version : service.versions(model.name)) to.element(2, Long.toString(version));
        to.text(3, "panatorch");
        values(to, 4, signature.inputs());
        values(to, 5, signature.outputs());
        return to;
    }

    private static void values(ProtoWriter to, int field, List<Signature.Value> values) {
        for (Signature.Value value : values) {
            switch (value) {
                case Signature.TensorValue t -> {
                    long[] shape = t.dims().stream().mapToLong(d -> d instanceof Signature.Fixed f ? f.size() : -1).toArray();
                    to.message(field, new ProtoWriter().text(1, t.name()).text(2, Datatype.name(t.dtype())).integers(3, shape));
                }
                case Signature.UnknownValue u -> to.message(field, new ProtoWriter().text(1, u.name()));
                case Signature.ConstantValue _,Signature.NumberValue _ -> {}
            }
        }
    }

    // ---- inference

    private ProtoWriter infer(InferMessage request) {
        try (var scope = Scope.open()) {
            return InferAnswer.write(request, service.call(request.model(), request.version(), request.request(leftMicros())));
        }
    }

    /** Returns the time until the client gives up, or 0 if it waits for ever. */
    private static long leftMicros() {
        Deadline deadline = Context.current().getDeadline();
        return deadline == null ? 0 : Math.max(1, deadline.timeRemaining(TimeUnit.MICROSECONDS));
    }

    /** Answers a message of a stream. An error is an answer, too, and the stream goes on. */
    private ProtoWriter streamInfer(byte[] message) {
        String id = "";
        try {
            InferMessage request = InferMessage.read(message, maxTensors);
            id = request.id();
            return new ProtoWriter().message(2, service.counted(() -> infer(request)));
        } catch (RuntimeException e) {
            return new ProtoWriter().element(1, Statuses.sentence(HttpError.of(e))).message(2, new ProtoWriter().text(3, id));
        }
    }

    // ---- the repository

    private ProtoWriter index(byte[] message) {
        var in = new ProtoReader(message);
        boolean onlyReady = false;
        while (in.next()) {
            if (in.field() == 2) onlyReady = in.integer() != 0;
            else in.skip();
        }
        var to = new ProtoWriter();
        for (ModelRepository.Entry e : service.list()) {
            if (onlyReady && e.health() == null) continue;
            to.message(1, new ProtoWriter().text(1, e.name()).text(2, Long.toString(e.version())).text(3, InferenceService.state(e)).text(4,
                    InferenceService.reason(e)));
        }
        return to;
    }

    private ProtoWriter load(byte[] message) {
        service.load(Named.read(message, 2, 0).name);
        return new ProtoWriter();
    }

    private ProtoWriter unload(byte[] message) {
        service.unload(Named.read(message, 2, 0).name);
        return new ProtoWriter();
    }
}
