package panatorch.datasets;

import java.util.Arrays;
import panatorch.Aten;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.Torch;

/**
 * Draws items with probabilities proportional to their weights, as PyTorch's {@code WeightedRandomSampler}: {@code torch.multinomial} from
 * a generator that is seeded as {@link RandomSampler}'s.
 */
public final class WeightedSampler implements Sampler {
    /** The limit of {@code torch.multinomial}. */
    private static final int MAX_ITEMS = 1 << 24;

    private final double[] weights;
    private final int size;
    private final boolean replacement;
    private final long seed;

    /**
     * Makes a sampler of items with these weights.
     *
     * @param weights the weight of each item, finite and at least 0, not all 0; they need not sum to 1
     * @param size number of items that an epoch draws
     * @param replacement whether an item may come twice in an epoch; if not, at least {@code size} items must have a weight above 0
     * @param seed seed of all epochs
     * @throws IllegalArgumentException if there are more than 2²⁴ items, or the weights or the size are not as said above
     */
    public WeightedSampler(double[] weights, int size, boolean replacement, long seed) {
        this.weights = weights.clone();
        this.size = size;
        this.replacement = replacement;
        this.seed = seed;
        for (double w : weights)
            if (!(w >= 0 && w < Double.POSITIVE_INFINITY))
                throw new IllegalArgumentException("weights must be finite and at least 0, but one is " + w);
        long possible = Arrays.stream(weights).filter(w -> w > 0).count();
        if (weights.length > MAX_ITEMS)
            throw new IllegalArgumentException("at most " + MAX_ITEMS + " items can be drawn by weight, not " + weights.length);
        if (size < 0 || size > 0 && possible == 0 || !replacement && size > possible)
            throw new IllegalArgumentException(
                    size + " items cannot be drawn from " + possible + " with a weight above 0");
    }

    /** Makes a sampler that draws as many items as a dataset has, with replacement, so that all its classes come equally often. */
    public static WeightedSampler balanced(Dataset set, long seed) {
        var labels = new int[set.size()];
        var counts = new int[set.classes()];
        for (int i = 0; i < labels.length; i++) counts[labels[i] = set.label(i)]++;
        return new WeightedSampler(Arrays.stream(labels).mapToDouble(l -> 1.0 / counts[l]).toArray(), labels.length, true, seed);
    }

    @Override public int size() { return size; }

    @Override public int[] order(long epoch) {
        if (size == 0) return new int[0];
        try (var scope = Scope.open(); var generator = Generator.of(SplitMix.seed(seed, epoch))) {
            return Arrays.stream(Aten.multinomial(Torch.tensor(weights, weights.length), size, replacement, generator).toLongArray())
                    .mapToInt(Math::toIntExact).toArray();
        }
    }
}
