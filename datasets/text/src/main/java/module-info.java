/** Tokenizers in plain Java: what reads Hugging Face's {@code tokenizer.json}. */
@SuppressWarnings("module") // the module that sees the internal package is compiled later
module panatorch.text {
    requires com.fasterxml.jackson.core;
    requires static transitive org.jspecify;

    exports panatorch.text;
    exports panatorch.text.internal to panatorch.datasets;
}
