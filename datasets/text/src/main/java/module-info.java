/** Tokenizers in plain Java: what reads Hugging Face's {@code tokenizer.json}. */
module panatorch.text {
    requires com.fasterxml.jackson.core;
    requires static transitive org.jspecify;

    exports panatorch.text;
}
