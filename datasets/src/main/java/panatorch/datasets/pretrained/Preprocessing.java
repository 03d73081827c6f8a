package panatorch.datasets.pretrained;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.random.RandomGenerator;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.datasets.Framing;
import panatorch.datasets.Images;
import panatorch.datasets.ResamplingFilter;
import panatorch.datasets.transforms.Transform;

/**
 * What makes images the inputs of a pretrained model: resized, cut out of the middle, scaled and normalised. It is read from the
 * configuration of timm, Hugging Face's transformers or torchvision, and computes what their pipelines compute of an image that Pillow has
 * opened: the same pixels, and the same numbers.
 *
 * <pre>{@code
 * Preprocessing preprocessing = Preprocessing.parse(model.extraFiles().get("preprocessing.json"));
 * Tensor logits = model.forward(preprocessing.read(Path.of("cat.jpg")));                  // float32 [1, 3, H, W]
 * }</pre>
 *
 * <p>
 * Immutable; any number of threads may use one at the same time. The first step, {@link #framing}, is done while an image is read, and the
 * second, {@link #normalizing}, on batches.
 *
 * @param resizing the size that an image gets first
 * @param height height of the model's input, cut out of the middle
 * @param width width of the model's input
 * @param cropsDown whether an odd margin has the smaller half above and to the left, as in transformers; otherwise half a pixel is rounded
 * to the even number, as in torchvision and timm
 * @param filter filter of resizing
 * @param reversesChannels whether blue comes first
 * @param scale factor of the pixels' values from 0 to 255
 * @param mean mean of each channel after scaling; empty for no normalisation
 * @param std standard deviation of each channel after scaling
 */
public record Preprocessing(Resizing resizing, int height, int width, boolean cropsDown, ResamplingFilter filter, boolean reversesChannels,
        double scale, List<Double> mean, List<Double> std) {
    /** @throws IllegalArgumentException if the parts do not fit one another */
    public Preprocessing {
        mean = List.copyOf(mean);
        std = List.copyOf(std);
        if (height < 1 || width < 1) throw new IllegalArgumentException("the input would have " + height + " × " + width + " pixels");
        if (resizing.mayFallShortOf(width, height))
            throw new IllegalArgumentException(
                    "images are resized by " + resizing + ", and do not fill the input of " + height + " × " + width
                            + " pixels; a border is not supported");
        if (!mean.isEmpty() && mean.size() != 3)
            throw new IllegalArgumentException("there are means of " + mean.size() + " channels; images have three, red, green and blue");
        if (mean.size() != std.size())
            throw new IllegalArgumentException("there are " + mean.size() + " means, but " + std.size() + " standard deviations");
        for (double s : std) if (!(s > 0)) throw new IllegalArgumentException("standard deviations must be above 0, but one is " + s);
    }

    /**
     * Reads the configuration of a model: timm's {@code config.json} or its {@code pretrained_cfg}, Hugging Face's
     * {@code preprocessor_config.json}, or the fields of torchvision's {@code weights.transforms()}. Which one it is, its fields tell.
     *
     * @throws IllegalArgumentException if it is none of these, or asks for what is not supported; the message names the field
     */
    public static Preprocessing parse(byte[] json) {
        return PreprocessingReader.read(json);
    }

    /** Returns the framing of an image: uint8 {@code [3, height, width]}, with the channels as they are in the file. */
    public Framing framing() {
        return new Middle(this);
    }

    /** Returns the step after framing: uint8 {@code [N, 3, height, width]} becomes float32. */
    public Transform normalizing() {
        return this::normalized;
    }

    /**
     * Reads the image of a file.
     *
     * @return float32 {@code [1, 3, height, width]}, of the current scope
     * @throws IOException if it cannot be read or is no image; the message names it
     */
    public Tensor read(Path image) throws IOException {
        try (var scope = Scope.open()) {
            return scope.move(normalized(Images.read(image, framing()).unsqueeze(0)));
        }
    }

    /** Reads an image from the content of a file, as {@link #read(Path)}. */
    public Tensor read(byte[] content) throws IOException {
        try (var scope = Scope.open()) {
            return scope.move(normalized(Images.read(content, framing()).unsqueeze(0)));
        }
    }

    /**
     * Prepares images of any size.
     *
     * @param images uint8 {@code [N, 3, H, W]}, or {@code [N, 1, H, W]} for grey ones
     * @return float32 {@code [N, 3, height, width]}, of the current scope
     */
    public Tensor apply(Tensor images) {
        if (images.dim() != 4 || images.size(1) != 3 && images.size(1) != 1 || images.dtype() != DType.UINT8)
            throw new IllegalArgumentException("images must be uint8 [N, 3, H, W] or [N, 1, H, W], but are " + images.dtype() + " "
                    + java.util.Arrays.toString(images.shape()));
        try (var scope = Scope.open()) {
            Tensor colour = images.size(1) == 3 ? images : images.expand(-1, 3, -1, -1);
            Framing framing = framing();
            if (images.size(0) == 0) return scope.move(normalized(images.newEmpty(0, 3, height, width)));
            return scope.move(normalized(Aten.stack(colour.unbind(0).stream().map(i -> Images.frame(i, framing)).toList(), 0))
                    .to(images.device()));
        }
    }

    private Tensor normalized(Tensor images, Generator unused) { return normalized(images); }

    /** Does the steps one after the other and rounds after each, as the libraries do, so that the numbers are the same. */
    private Tensor normalized(Tensor images) {
        try (var scope = Scope.open()) {
            Tensor x = reversesChannels ? images.flip(1) : images;
            x = x.to(DType.FLOAT64).mul_(scale).to(DType.FLOAT32);
            if (!mean.isEmpty()) x = x.sub_(column(mean, x)).div_(column(std, x));
            return scope.move(x);
        }
    }

    private static Tensor column(List<Double> values, Tensor like) {
        var floats = new float[values.size()];
        for (int i = 0; i < floats.length; i++) floats[i] = values.get(i).floatValue();
        return Torch.tensor(floats, floats.length, 1, 1).to(like.device());
    }

    /** Cuts the input out of the middle of the resized image, both in one step: only the pixels that are needed are computed. */
    private record Middle(Preprocessing of) implements Framing {
        @Override public int width() { return of.width; }

        @Override public int height() { return of.height; }

        @Override public ResamplingFilter filter() { return of.filter; }

        @Override public Box box(int width, int height, RandomGenerator random) {
            Resizing.Size size = of.resizing.of(width, height);
            double across = (double) width / size.width(), down = (double) height / size.height();
            return new Box(margin(size.width() - of.width) * across, margin(size.height() - of.height) * down, of.width * across,
                    of.height * down);
        }

        private int margin(int both) { return of.cropsDown ? both / 2 : (int) Math.rint(both / 2.0); }
    }
}
