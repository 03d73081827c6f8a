package panatorch.serve.grpc;

import java.util.ArrayList;
import java.util.List;
import panatorch.Device;
import panatorch.Tensor;
import panatorch.serve.Answer;
import panatorch.serve.http.internal.Datatype;
import panatorch.serve.http.internal.InferenceService;

/** Writes the protocol's message {@code ModelInferResponse}. */
final class InferAnswer {
    /** Bytes of names and shapes, for which a first guess is enough. */
    private static final int HEAD = 512;

    private InferAnswer() {}

    /**
     * Writes an answer. All outputs are sent as bytes if the request wants that, or if one is of a type that has no other form.
     *
     * @throws panatorch.serve.http.internal.HttpError if a wanted output does not exist, or has a type that the protocol lacks
     */
    static ProtoWriter write(InferMessage request, Answer answer) {
        List<String> names = request.outputs().isEmpty() ? answer.names() : request.outputs();
        names.forEach(n -> InferenceService.requireOutput(n, answer));
        var tensors = new ArrayList<Tensor>();
        var types = new ArrayList<Datatype>();
        boolean raw = request.rawOutput();
        long bytes = 0;
        for (String name : names) {
            Tensor t = answer.tensor(name).to(Device.CPU).contiguous();
            Datatype type = Datatype.of(t.dtype());
            tensors.add(t);
            types.add(type);
            raw |= TensorContents.field(type) == 0;
            bytes += Datatype.size(t);
        }
        var to = new ProtoWriter(Math.toIntExact(bytes + HEAD));
        to.text(1, request.model());
        if (answer.version() >= 0) to.text(2, Long.toString(answer.version()));
        to.text(3, request.id());
        for (int i = 0; i < names.size(); i++) {
            Tensor t = tensors.get(i);
            Datatype type = types.get(i);
            var output = new ProtoWriter().text(1, names.get(i)).text(2, type.name()).integers(3, t.shape());
            if (!raw) output.message(5, TensorContents.write(type, t));
            to.message(5, output);
        }
        if (raw) for (Tensor t : tensors) Datatype.write(t, to.bytes(6, Math.toIntExact(Datatype.size(t))));
        return to;
    }
}
