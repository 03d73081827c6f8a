package panatorch.serve.http;

import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.serve.Request;
import panatorch.serve.http.internal.Datatype;
import panatorch.serve.http.internal.HttpError;

/**
 * A request for an inference. Its tensors belong to the scope in which it was read.
 *
 * @param id what the answer repeats
 * @param request the inputs
 * @param outputs the wanted outputs; empty for all
 * @param binary whether outputs that say nothing else are sent as bytes
 */
record InferRequest(@Nullable String id, Request request, List<Output> outputs, boolean binary) {
    /**
     * A wanted output.
     *
     * @param binary whether it is sent as bytes; null if it does not say
     */
    record Output(String name, @Nullable Boolean binary) {}

    /** An input before its tensor is made, since the fields may come in any order. */
    static final class Input {
        @Nullable
        String name, datatype;
        long @Nullable [] shape;
        @Nullable
        Elements data;
        /** The number of its bytes after the JSON; −1 if its data is in the JSON. */
        long bytes = -1;

        /** Returns the tensor, whose bytes begin at a place of the body if it has some. */
        Tensor tensor(String label, byte[] body, int from) {
            if (datatype == null) throw HttpError.badRequest(label + " has no datatype");
            long[] dims = shape;
            if (dims == null) throw HttpError.badRequest(label + " has no shape");
            Elements elements = data;
            try {
                if (bytes >= 0) {
                    if (elements != null) throw HttpError.badRequest("there is data in the JSON and a binary_data_size");
                    if (bytes > body.length - from)
                        throw HttpError
                                .badRequest("binary_data_size is " + bytes + ", but only " + (body.length - from) + " bytes are left");
                    var all = java.lang.foreign.MemorySegment.ofArray(body);
                    return Datatype.of(datatype).read(all.asSlice(from, bytes), dims);
                }
                if (elements == null) throw HttpError.badRequest("there is no data");
                return elements.toTensor(Datatype.of(datatype), dims);
            } catch (HttpError e) {
                throw new HttpError(e.status, label + ": " + e.getMessage());
            }
        }
    }
}
