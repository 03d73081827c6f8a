package panatorch.text.internal.decoders;

import java.util.List;

/** What changes tokens so that they make a text when they are joined. Immutable, for any number of threads. */
public interface Decoder {
    /** Returns strings that make the text when they are joined. */
    List<String> decode(List<String> tokens);
}
