package panatorch.serve.http;

import panatorch.serve.Answer;
import panatorch.serve.Request;

/** Makes images and texts a model's inputs, and its answers what people read, for {@code /v2/models/NAME/classify}. */
public interface MediaReader {
    /** The kinds of media. */
    enum Kind {
        /** An image file (JPEG, PNG and others). */
        IMAGE,
        /** A text in UTF-8. */
        TEXT
    }

    /** One image or text that was read. */
    interface Media {
        /** Returns the inputs of the model. */
        Request request();

        /**
         * Returns an answer to the request as JSON, such as the likeliest classes with their probabilities.
         *
         * @throws IllegalArgumentException if the answer has no form for people
         */
        String json(Answer answer);
    }

    /** Returns whether a model takes media of a kind. */
    boolean takes(String model, Kind kind);

    /**
     * Reads an image or text. The tensors of its request belong to the current scope.
     *
     * @throws IllegalArgumentException if the bytes are no such image or text, or the model does not take it
     */
    Media read(String model, Kind kind, byte[] bytes);
}
