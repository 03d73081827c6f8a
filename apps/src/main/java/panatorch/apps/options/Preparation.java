package panatorch.apps.options;

import java.util.Arrays;
import java.util.Collections;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.apps.console.InputException;
import panatorch.datasets.Dataset;
import panatorch.datasets.Field;
import panatorch.datasets.transforms.Compose;
import panatorch.datasets.transforms.Normalize;
import panatorch.datasets.transforms.RandomCrop;
import panatorch.datasets.transforms.RandomHorizontalFlip;
import panatorch.datasets.transforms.Transform;

/**
 * Prepares the images of a data set as inputs of a network: border, channels, crops, flips, normalisation.
 *
 * @param channels channels of the input: grey images are repeated, and colour images averaged, to get them
 * @param side side of the input in pixels: smaller images get a black border
 * @param mean mean of each channel
 * @param std standard deviation of each channel
 */
public record Preparation(int channels, int side, double[] mean, double[] std) {
    /** Texts need no preparation: they are token numbers already. */
    private static final Preparation OF_TEXTS = new Preparation(0, 0, new double[0], new double[0]);

    /**
     * Returns the preparation of a data set for a network.
     *
     * @throws InputException if the network cannot take the items
     */
    public static Preparation of(Dataset set, ModelName model) {
        boolean texts = set.schema().fields().getFirst().name().equals(Field.TOKENS);
        if (texts != model.readsTexts())
            throw new InputException(model + " takes " + (texts ? "images, and this set has texts" : "texts, and this set has images"));
        if (texts) return OF_TEXTS;
        long[] shape = set.imageShape(); // [C, H, W]
        int channels = model.channels(), side = Math.max((int) shape[1], model.side());
        if (shape[0] > channels)
            throw new InputException(model
                    + " takes images of one channel, grey, and those of this set are read with three, red, green and blue, as grey "
                    + "pictures of a folder are, too; choose another --model");
        if (model.exactSide() && shape[1] != model.side())
            throw new InputException(model + " takes images of " + model.side() + "×" + model.side() + ", and those of this set are "
                    + shape[1] + "×" + shape[2]);
        return new Preparation(channels, side, repeated(set.mean(), channels), repeated(set.std(), channels));
    }

    private static double[] repeated(double[] values, int channels) {
        return values.length == channels ? values : Collections.nCopies(channels, values[0]).stream().mapToDouble(v -> v).toArray();
    }

    /**
     * Returns the transform for training.
     *
     * @param vary whether images are cropped, and may be mirrored, at random
     * @param mirror whether mirroring is allowed
     */
    public Transform training(boolean vary, boolean mirror) {
        if (!vary || isOfTexts()) return testing();
        Transform crop = new RandomCrop(side, side / 8), flip = new RandomHorizontalFlip(0.5), fit = this::fit, normalize = normalize();
        return mirror ? Compose.of(fit, crop, flip, normalize) : Compose.of(fit, crop, normalize);
    }

    public Transform testing() {
        if (isOfTexts()) return (tokens, generator) -> tokens;
        return Compose.of(this::fit, normalize());
    }

    boolean isOfTexts() { return channels == 0; }

    Preparation normalizedBy(double[] mean, double[] std) { return new Preparation(channels, side, mean, std); }

    private Normalize normalize() { return new Normalize(mean, std); }

    /**
     * Makes the images as large, and gives them as many channels, as the network needs.
     *
     * @param images uint8 {@code [N, C, H, W]}
     */
    private Tensor fit(Tensor images, Generator generator) {
        try (var scope = Scope.open()) {
            Tensor t = images;
            long missing = side - t.size(2);
            if (missing > 0)
                t = Aten.constantPadNd(t, new long[] {missing / 2, missing - missing / 2, missing / 2, missing - missing / 2}, 0);
            if (t.size(1) < channels) t = t.expand(-1, channels, -1, -1).contiguous();
            if (t.size(1) > channels) t = t.to(DType.FLOAT32).mean(new long[] {1}, true).to(DType.UINT8);
            return t == images ? t : scope.move(t);
        }
    }

    @Override public boolean equals(Object o) {
        return o instanceof Preparation p && p.channels == channels && p.side == side && Arrays.equals(p.mean, mean)
                && Arrays.equals(p.std, std);
    }

    @Override public int hashCode() { return 31 * channels + side; }
}
