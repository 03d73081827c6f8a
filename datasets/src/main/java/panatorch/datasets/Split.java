package panatorch.datasets;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import panatorch.Generator;

/** Divides a dataset into random parts, for {@link Dataset#split}. */
final class Split {
    private Split() {}

    static List<Dataset> of(Dataset set, long seed, double[] fractions) {
        double sum = Arrays.stream(fractions).sum();
        for (double f : fractions)
            if (!(f >= 0 && f <= 1)) throw new IllegalArgumentException("fractions must lie between 0 and 1, but one is " + f);
        if (Math.abs(sum - 1) > 1e-6) throw new IllegalArgumentException("fractions must sum to 1, but sum to " + sum);
        int[] order;
        try (var generator = Generator.of(seed)) {
            order = RandomSampler.permutation(set.size(), generator);
        }
        var sizes = Arrays.stream(fractions).mapToInt(f -> (int) Math.floor(set.size() * f)).toArray();
        int left = set.size() - Arrays.stream(sizes).sum();
        for (int i = 0; i < left; i++) sizes[i % sizes.length]++;
        var parts = new ArrayList<Dataset>();
        int from = 0;
        for (int size : sizes) parts.add(set.subset(Arrays.copyOfRange(order, from, from += size)));
        return List.copyOf(parts);
    }
}
