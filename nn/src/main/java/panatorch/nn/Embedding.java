package panatorch.nn;

import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.nn.init.Init;

/**
 * A lookup table of embeddings: int64 [*] → [*, dim]. Parameter: {@code weight} [n, dim], initially normal with standard deviation 1, and
 * zeros at the padding index.
 *
 * <pre>{@code
 * var words = new Embedding(Embedding.options(10_000, 300).paddingIndex(0));
 * Tensor vectors = words.forward(Torch.tensor(new long[][] {{5, 17, 0}}));    // [1, 3, 300]
 * }</pre>
 */
public final class Embedding extends Module {
    /**
     * Options of the table. Each method returns changed options.
     *
     * @param n number of rows
     * @param dim size of a row
     * @param paddingIndex row that gets no gradient, counted from the end if negative; null for none
     * @param maxNorm norm to which looked-up rows are scaled down, in place; null for no limit
     * @param normType p of that norm
     * @param scaleByFrequency whether gradients are divided by the frequency of a row in the input
     * @param sparse whether gradients are sparse tensors
     */
    public record Options(long n, long dim, @Nullable Long paddingIndex, @Nullable Double maxNorm, double normType,
            boolean scaleByFrequency, boolean sparse) {
        public Options paddingIndex(@Nullable Long i) {
            return new Options(n, dim, i == null || i >= 0 ? i : (Long) (i + n), maxNorm, normType, scaleByFrequency, sparse);
        }

        public Options paddingIndex(long i) { return paddingIndex((Long) i); }

        public Options maxNorm(@Nullable Double norm) {
            return new Options(n, dim, paddingIndex, norm, normType, scaleByFrequency, sparse);
        }

        public Options maxNorm(double norm) { return maxNorm((Double) norm); }

        public Options normType(double p) { return new Options(n, dim, paddingIndex, maxNorm, p, scaleByFrequency, sparse); }

        public Options scaleByFrequency(boolean on) { return new Options(n, dim, paddingIndex, maxNorm, normType, on, sparse); }

        public Options sparse(boolean on) { return new Options(n, dim, paddingIndex, maxNorm, normType, scaleByFrequency, on); }

        Tensor table() {
            if (paddingIndex != null && (paddingIndex < 0 || paddingIndex >= n))
                throw new IllegalArgumentException("the padding index " + paddingIndex + " is not among the " + n + " rows");
            Tensor table = Init.normal_(Torch.empty(n, dim), 0, 1);
            try (var scope = Scope.open()) {
                if (paddingIndex != null) table.select(0, paddingIndex).zero_();
            }
            return table;
        }

        void renormalize(Tensor table, Tensor indices) {
            if (maxNorm == null) return;
            try (var noGrad = NoGrad.enter()) {
                Aten.embeddingRenorm_(table.detach(), indices.contiguous(), maxNorm, normType);
            }
        }
    }

    private final Options options;

    public static Options options(long n, long dim) { return new Options(n, dim, null, null, 2, false, false); }

    public Embedding(long n, long dim) { this(options(n, dim)); }

    /** Creates a layer with changed options: {@code new Embedding(10_000, 300, o -> o.paddingIndex(0))}. */
    public Embedding(long n, long dim, UnaryOperator<Options> change) {
        this(change.apply(options(n, dim)));
    }

    public Embedding(Options options) {
        this.options = options;
        parameter("weight", options.table());
    }

    public Tensor weight() { return parameter("weight"); }

    @Override public Tensor forward(Tensor input) {
        Tensor table = parameter("weight");
        options.renormalize(table, input);
        return Aten.embedding(table, input, options.paddingIndex == null ? -1 : options.paddingIndex, options.scaleByFrequency,
                options.sparse);
    }

    @Override protected Module recreate() { return new Embedding(options); }

    @Override protected String describe() {
        Options o = options;
        return o.n + ", " + o.dim + (o.paddingIndex == null ? "" : ", padding_idx=" + o.paddingIndex)
                + (o.maxNorm == null ? "" : ", max_norm=" + Repr.of((Object) o.maxNorm))
                + (o.normType == 2 ? "" : ", norm_type=" + Repr.of(o.normType)) + (o.scaleByFrequency ? ", scale_grad_by_freq=True" : "")
                + (o.sparse ? ", sparse=True" : "");
    }
}
