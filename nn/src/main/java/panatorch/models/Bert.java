package panatorch.models;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Nn;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.nn.AttentionDropout;
import panatorch.nn.Dropout;
import panatorch.nn.Embedding;
import panatorch.nn.LayerNorm;
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.nn.ModuleDict;
import panatorch.nn.Sequential;
import panatorch.nn.init.Init;

/**
 * The BERT encoder of Devlin et al., 2018, arXiv:1810.04805, with a linear head on its pooled first token: tokens int64 [N, S] → logits [N,
 * classes]. State-dict keys are those of Hugging Face's {@code BertForSequenceClassification}
 * ({@code bert.embeddings.word_embeddings.weight} …), and so is the initialisation: normal with standard deviation 0.02, zero biases.
 * Layers normalise after the residual sums (post-LN), and GELU is the exact one. Not implemented: decoding, cross-attention, pre-training
 * heads.
 */
public final class Bert extends Classifier {
    /**
     * Options of the network. Each method returns changed options.
     *
     * @param vocabulary number of tokens
     * @param hidden features of a token, a multiple of {@code heads}
     * @param layers number of layers
     * @param heads attention heads of a layer
     * @param intermediate features between the two linear maps of a layer
     * @param positions length of the longest sequence
     * @param types number of token types
     * @param dropout probability of dropping hidden features and pooled ones
     * @param attentionDropout probability of dropping attention weights
     * @param eps number added to the variance in layer normalisation
     * @param padding token whose embedding is zero and gets no gradient
     */
    public record Options(long vocabulary, long hidden, int layers, int heads, long intermediate, long positions, long types,
            double dropout, double attentionDropout, double eps, long padding) {
        /**
         * Checks the sizes.
         *
         * @throws IllegalArgumentException if the heads do not divide the features
         */
        public Options {
            if (layers < 0 || heads < 1 || hidden < 1 || hidden % heads != 0)
                throw new IllegalArgumentException(heads + " heads do not divide " + hidden + " features");
        }

        public Options vocabulary(long n) {
            return new Options(n, hidden, layers, heads, intermediate, positions, types, dropout, attentionDropout, eps, padding);
        }

        public Options intermediate(long n) {
            return new Options(vocabulary, hidden, layers, heads, n, positions, types, dropout, attentionDropout, eps, padding);
        }

        public Options positions(long n) {
            return new Options(vocabulary, hidden, layers, heads, intermediate, n, types, dropout, attentionDropout, eps, padding);
        }

        public Options dropout(double hiddenP, double attentionP) {
            return new Options(vocabulary, hidden, layers, heads, intermediate, positions, types, hiddenP, attentionP, eps, padding);
        }
    }

    /**
     * Returns a BERT of any size, with 4 · {@code hidden} intermediate features and the vocabulary, positions and dropout of the published
     * ones.
     */
    public static Options options(int layers, long hidden, int heads) {
        return new Options(30522, hidden, layers, heads, 4 * hidden, 512, 2, 0.1, 0.1, 1e-12, 0);
    }

    /** Returns BERT-base: 12 layers, 768 features, 12 heads, 110 million parameters. */
    public static Options base() {
        return options(12, 768, 12);
    }

    /** Returns BERT-large: 24 layers, 1024 features, 16 heads, 340 million parameters. */
    public static Options large() {
        return options(24, 1024, 16);
    }

    private final Options options;
    private final int classes;
    private final Module head;
    private final Module[] layers;
    private Module words, positions, types, norm, dropout, pooler;

    public Bert(Options o, int classes) {
        options = o;
        this.classes = classes;
        var table = new Embedding(Embedding.options(o.vocabulary, o.hidden).paddingIndex(o.padding));
        words = table;
        positions = new Embedding(o.positions, o.hidden);
        types = new Embedding(o.types, o.hidden);
        norm = norm(o);
        dropout = new Dropout(o.dropout);
        layers = new Module[o.layers];
        for (int i = 0; i < layers.length; i++) layers[i] = new Layer(o);
        pooler = new Linear(o.hidden, o.hidden);
        Module encoder = child("bert", new ModuleDict()
                .put("embeddings",
                        new ModuleDict().put("word_embeddings", words).put("position_embeddings", positions)
                                .put("token_type_embeddings", types).put("LayerNorm", norm))
                .put("encoder", new ModuleDict().put("layer", new Sequential(layers)))
                .put("pooler", new ModuleDict().put("dense", pooler)));
        initialize(encoder); // before the classifier's first draw, as in Python
        child("dropout", dropout);
        initialize(child("classifier", new Linear(o.hidden, classes)));
        head = Chain.of(this, "dropout", null);
        try (var scope = Scope.open()) {
            Init.zeros_(table.weight().select(0, o.padding));
        }
    }

    private static void initialize(Module part) {
        for (Module m : part.modules()) {
            if (m instanceof Linear || m instanceof Embedding) Init.normal_(m.parameter("weight"), 0, 0.02);
            if (m instanceof Linear) Init.zeros_(m.parameter("bias"));
        }
    }

    private static LayerNorm norm(Options o) { return new LayerNorm(new long[] {o.hidden}, o.eps, true, true); }

    /**
     * Returns the {@link #pooled} features [N, hidden] of tokens of type 0. All tokens but {@link Options#padding} are attended to.
     *
     * @param tokens tokens int64 [N, S]
     */
    @Override public Tensor features(Tensor tokens) {
        try (var scope = Scope.open()) {
            return scope.move(pooled(tokens, tokens.ne(options.padding), null));
        }
    }

    /** Returns dropout and a linear layer. */
    @Override public Module head() { return head; }

    /**
     * Returns logits [N, classes].
     *
     * @param tokens tokens int64 [N, S]
     * @param mask mask [N, S], not zero for tokens and zero for padding; null if all tokens count, padding too. A row of zeros has no
     * meaningful logits
     * @param tokenTypes sentence of each token, int64 [N, S]; null if all are of type 0
     * @return logits [N, classes]
     * @throws IllegalArgumentException if the tokens are not [N, S] with S at most {@link Options#positions}
     */
    public Tensor forward(Tensor tokens, @Nullable Tensor mask, @Nullable Tensor tokenTypes) {
        try (var scope = Scope.open()) {
            return scope.move(head.call(pooled(tokens, mask, tokenTypes)));
        }
    }

    /**
     * Returns the first token's features after the last layer, passed through a linear map and tanh: [N, hidden]. See
     * {@link #forward(Tensor, Tensor, Tensor)} for the arguments.
     */
    public Tensor pooled(Tensor tokens, @Nullable Tensor mask, @Nullable Tensor tokenTypes) {
        return pooler.call(encode(tokens, mask, tokenTypes).select(1, 0)).tanh();
    }

    /**
     * Returns every token's features after the last layer: [N, S, hidden]. See {@link #forward(Tensor, Tensor, Tensor)} for the arguments.
     */
    public Tensor encode(Tensor tokens, @Nullable Tensor mask, @Nullable Tensor tokenTypes) {
        if (tokens.dim() != 2 || tokens.size(1) > options.positions)
            throw new IllegalArgumentException("tokens have to be [N, S] with S at most " + options.positions + ", not "
                    + tokens.describe());
        Tensor type = tokenTypes == null ? types.call(tokens.zerosLike()) : types.call(tokenTypes);
        Tensor place = positions.call(Aten.arange(tokens.size(1), DType.INT64, null, tokens.device()));
        Tensor x = dropout.call(norm.call(words.call(tokens).add(type).add(place)));
        Tensor visible = mask == null ? null : mask.ne(0).unsqueeze(1).unsqueeze(1); // [N, 1, 1, S]: the same for all heads and queries
        return callInTurn(Arrays.asList(layers), x, (layer, in) -> layer.callAll(Arrays.asList(in, visible)).getFirst());
    }

    /**
     * Takes one to three inputs in the places of Python's (input_ids, attention_mask, token_type_ids). The first alone is treated as by
     * {@link #features}.
     */
    @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
        if (inputs.isEmpty() || inputs.size() > 3 || inputs.getFirst() == null)
            throw new IllegalArgumentException("Bert takes tokens, and optionally a mask and token types; got " + inputs.size()
                    + " tensors");
        if (inputs.size() == 1) return List.of(forward(inputs.getFirst()));
        return List.of(forward(inputs.getFirst(), inputs.get(1), inputs.size() > 2 ? inputs.get(2) : null));
    }

    @Override protected Module recreate() { return new Bert(options, classes); }

    /** Self-attention and two linear maps, each with a residual sum that is normalised: [N, S, hidden] → [N, S, hidden]. */
    private static final class Layer extends Module {
        private final Options options;
        private AttentionDropout attention;
        private Module query, key, value, attended, attendedNorm, intermediate, output, outputNorm, dropout;

        Layer(Options o) {
            options = o;
            query = new Linear(o.hidden, o.hidden);
            key = new Linear(o.hidden, o.hidden);
            value = new Linear(o.hidden, o.hidden);
            attended = new Linear(o.hidden, o.hidden);
            attendedNorm = norm(o);
            intermediate = new Linear(o.hidden, o.intermediate);
            output = new Linear(o.intermediate, o.hidden);
            outputNorm = norm(o);
            attention = new AttentionDropout(o.attentionDropout);
            child("attention", new ModuleDict()
                    .put("self", new ModuleDict().put("query", query).put("key", key).put("value", value).put("dropout", attention))
                    .put("output", new ModuleDict().put("dense", attended).put("LayerNorm", attendedNorm)));
            child("intermediate", new ModuleDict().put("dense", intermediate));
            child("output", new ModuleDict().put("dense", output).put("LayerNorm", outputNorm));
            dropout = child("dropout", new Dropout(o.dropout));
        }

        /** Takes the hidden features and the mask of visible tokens, null for all. */
        @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
            return List.of(forward(Objects.requireNonNull(inputs.get(0)), inputs.get(1)));
        }

        private Tensor forward(Tensor input, @Nullable Tensor visible) {
            Tensor heads = attention.attend(split(query.call(input)), split(key.call(input)), split(value.call(input)), visible);
            Tensor x = attendedNorm.call(dropout.call(attended.call(heads.transpose(1, 2).flatten(2, -1))).add(input));
            return outputNorm.call(dropout.call(output.call(Nn.gelu(intermediate.call(x), "none"))).add(x));
        }

        /** Splits features by head: [N, S, hidden] → [N, heads, S, hidden/heads]. */
        private Tensor split(Tensor x) {
            return x.unflatten(2, new long[] {options.heads, -1}).transpose(1, 2);
        }

        @Override protected Module recreate() { return new Layer(options); }
    }
}
