package panatorch.serve.grpc;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.serve.Request;
import panatorch.serve.http.internal.Datatype;
import panatorch.serve.http.internal.HttpError;
import panatorch.serve.http.internal.InferenceService;

/**
 * The protocol's message {@code ModelInferRequest}. Of the parameters it knows {@code timeout} (microseconds), {@code priority} (1 is the
 * highest) and {@code binary_data_output}; it refuses those that would change the answer, and skips others.
 */
final class InferMessage {
    private static final int MAX_DIMS = 32;

    private final List<Input> inputs = new ArrayList<>();
    private final List<MemorySegment> raw = new ArrayList<>();
    private final List<String> outputs = new ArrayList<>();
    private final int maxTensors;
    private String model = "", version = "", id = "";
    private long timeoutMicros, priority;
    private @Nullable Boolean rawOutput;

    /** An input before its tensor is made, since the fields may come in any order. */
    private static final class Input {
        String name = "", datatype = "";
        long[] shape = {};
        final TensorContents contents = new TensorContents();
    }

    /** A value of a parameter: the number of its field, and what is in it if that is a number or truth value. */
    private record Parameter(String name, int kind, long value) {
        private static final int BOOL = 1, INT64 = 2, STRING = 3, UINT64 = 5;

        /** Reads an entry of a map of parameters. */
        static Parameter read(ProtoReader entry) {
            String name = "";
            int kind = 0;
            long value = 0;
            while (entry.next()) {
                switch (entry.field()) {
                    case 1 -> name = entry.text();
                    case 2 -> {
                        ProtoReader choice = entry.message();
                        while (choice.next()) {
                            kind = choice.field();
                            value = 0;
                            if (kind == BOOL || kind == INT64 || kind == UINT64) value = choice.integer();
                            else choice.skip();
                        }
                    }
                    default -> entry.skip();
                }
            }
            return new Parameter(name, kind, value);
        }
    }

    private InferMessage(int maxTensors) {
        this.maxTensors = maxTensors;
    }

    /**
     * Reads a message, whose bytes may not change as long as the result is used.
     *
     * @throws HttpError if it is not one
     */
    static InferMessage read(byte[] message, int maxTensors) {
        var m = new InferMessage(maxTensors);
        m.read(new ProtoReader(message));
        return m;
    }

    private void read(ProtoReader in) {
        while (in.next()) {
            switch (in.field()) {
                case 1 -> model = in.text();
                case 2 -> version = in.text();
                case 3 -> id = in.text();
                case 4 -> parameter(Parameter.read(in.message()));
                case 5 -> add(inputs, input(in.message()), "inputs");
                case 6 -> add(outputs, output(in.message()), "outputs");
                case 7 -> add(raw, in.bytes(), "raw_input_contents");
                default -> in.skip();
            }
        }
    }

    private <T> void add(List<T> list, T element, String what) {
        if (list.size() == maxTensors) throw HttpError.badRequest("there are more than " + maxTensors + " " + what);
        list.add(element);
    }

    String model() { return model; }

    /** Returns the version to ask, or -1 for the highest. */
    long version() {
        return InferenceService.version(version);
    }

    String id() { return id; }

    /** Returns the names of the wanted outputs; empty for all. */
    List<String> outputs() {
        return outputs;
    }

    /** Returns whether outputs are sent as bytes, which is as the inputs came unless the request says otherwise. */
    boolean rawOutput() {
        return rawOutput != null ? rawOutput : !raw.isEmpty() || inputs.isEmpty();
    }

    /**
     * Returns the request. Its tensors belong to the current scope.
     *
     * @param leftMicros time that the call has left; 0 if it has no limit
     * @throws HttpError if an input is none
     */
    Request request(long leftMicros) {
        if (!raw.isEmpty() && raw.size() != inputs.size())
            throw HttpError.badRequest("there are " + raw.size() + " raw_input_contents for " + inputs.size() + " inputs");
        Request request = Request.of();
        var names = new HashSet<String>();
        for (int i = 0; i < inputs.size(); i++) {
            Input in = inputs.get(i);
            if (in.name.isEmpty()) throw HttpError.badRequest("input " + i + " has no name");
            if (!names.add(in.name)) throw HttpError.badRequest("the input '" + in.name + "' is given twice");
            request = request.and(in.name, tensor(in, raw.isEmpty() ? null : raw.get(i)));
        }
        long micros = timeoutMicros == 0 ? leftMicros : leftMicros == 0 ? timeoutMicros : Math.min(timeoutMicros, leftMicros);
        return InferenceService.limited(request, micros, priority);
    }

    private static Tensor tensor(Input in, @Nullable MemorySegment raw) {
        try {
            Datatype type = Datatype.of(in.datatype);
            if (raw == null) return in.contents.toTensor(type, in.shape);
            if (!in.contents.isEmpty()) throw HttpError.badRequest("there are contents and raw_input_contents");
            return type.read(raw, in.shape);
        } catch (HttpError e) {
            throw new HttpError(e.status, "input '" + in.name + "': " + e.getMessage());
        }
    }

    // ---- the fields

    private static Input input(ProtoReader in) {
        var input = new Input();
        while (in.next()) {
            switch (in.field()) {
                case 1 -> input.name = in.text();
                case 2 -> input.datatype = in.text();
                case 3 -> in.integers(size -> input.shape = appended(input.shape, size));
                case 4 -> refuseSharedMemory(Parameter.read(in.message()));
                case 5 -> input.contents.read(in.message());
                default -> in.skip();
            }
        }
        return input;
    }

    private static long[] appended(long[] shape, long size) {
        if (shape.length == MAX_DIMS) throw HttpError.badRequest("a shape has more than " + MAX_DIMS + " dimensions");
        long[] longer = Arrays.copyOf(shape, shape.length + 1);
        longer[shape.length] = size;
        return longer;
    }

    private static String output(ProtoReader in) {
        String name = "";
        while (in.next()) {
            switch (in.field()) {
                case 1 -> name = in.text();
                case 2 -> {
                    Parameter p = Parameter.read(in.message());
                    refuseSharedMemory(p);
                    if (p.name.equals("classification")) throw refused(p);
                }
                default -> in.skip();
            }
        }
        if (name.isEmpty()) throw HttpError.badRequest("an output has no name");
        return name;
    }

    private void parameter(Parameter p) {
        switch (p.name) {
            case "timeout" -> timeoutMicros = number(p, Long.MAX_VALUE / 1000);
            case "priority" -> priority = number(p, Integer.MAX_VALUE);
            case "binary_data_output" -> {
                if (p.kind != Parameter.BOOL) throw HttpError.badRequest(p.name + " has to be true or false");
                rawOutput = p.value != 0;
            }
            case "sequence_id" -> {
                if (p.kind == Parameter.STRING || p.value != 0) throw refused(p);
            }
            default -> {}
        }
    }

    private static long number(Parameter p, long max) {
        if (p.kind != Parameter.INT64 && p.kind != Parameter.UINT64 || p.value < 0 || p.value > max)
            throw HttpError.badRequest(p.name + " has to be a whole number from 0 to " + max);
        return p.value;
    }

    private static void refuseSharedMemory(Parameter p) {
        if (p.name.equals("shared_memory_region")) throw refused(p);
    }

    private static HttpError refused(Parameter p) {
        return HttpError.badRequest("the parameter '" + p.name + "' is not supported");
    }
}
