/** The tokenizers of the Deep Java Library, as {@code panatorch.text.Tokenizer}s. */
module panatorch.text.djl {
    requires transitive panatorch.text;
    requires ai.djl.tokenizers;
    requires static transitive org.jspecify;

    exports panatorch.text.djl;
}
