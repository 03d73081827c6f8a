package panatorch.datasets;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import panatorch.DType;

/** The mean and the standard deviation of each channel over the training images, in [0, 1] as {@code pixel / 255}. */
public record ChannelStats(List<Double> mean, List<Double> std) {
    /** The statistics of ImageNet, with which pretrained networks expect images to be normalised (torchvision's model documentation). */
    public static final ChannelStats IMAGENET = rgb(0.485, 0.456, 0.406, 0.229, 0.224, 0.225);

    public ChannelStats {
        mean = List.copyOf(mean);
        std = List.copyOf(std);
        if (mean.size() != std.size())
            throw new IllegalArgumentException(
                    mean.size() + " means but " + std.size() + " standard deviations; pass one of each for every channel");
    }

    /**
     * Measures the statistics of a dataset's images, over all their pixels together. It reads every item once.
     *
     * @throws IllegalArgumentException if the dataset is empty, or has no field {@code images} of uint8 {@code [C, H, W]}
     */
    public static ChannelStats of(Dataset set) {
        int field = set.schema().indexOf(Field.IMAGES);
        Field images = set.schema().fields().get(field);
        if (images.dtype() != DType.UINT8 || images.shape().size() != 3 || images.bytes() == 0 || set.size() == 0)
            throw new IllegalArgumentException("statistics need images of uint8 [C, H, W], but there are " + set.size() + " of " + images);
        int channels = Math.toIntExact(images.shape().getFirst()), pixels = Math.toIntExact(images.bytes() / channels);
        var counts = new long[channels][256];
        Item item = Item.alone(set.schema(), 0);
        for (int i = 0; i < set.size(); i++) {
            set.read(i, item);
            byte[] values = item.field(field).toArray(ValueLayout.JAVA_BYTE);
            for (int at = 0; at < channels * pixels; at++) counts[at / pixels][Byte.toUnsignedInt(values[at])]++;
        }
        var mean = new ArrayList<Double>();
        var std = new ArrayList<Double>();
        for (long[] of : counts) {
            double n = (double) set.size() * pixels, sum = 0, squares = 0;
            for (int v = 0; v < 256; v++) sum += v * (double) of[v];
            for (int v = 0; v < 256; v++) squares += (v - sum / n) * (v - sum / n) * of[v];
            mean.add(sum / n / 255);
            std.add(Math.sqrt(squares / n) / 255);
        }
        return new ChannelStats(mean, std);
    }

    /** Returns the statistics of a single channel. */
    public static ChannelStats grey(double mean, double std) {
        return new ChannelStats(List.of(mean), List.of(std));
    }

    /** Returns the statistics of three channels: three means, then three standard deviations. */
    static ChannelStats rgb(double... values) {
        List<Double> all = Arrays.stream(values).boxed().toList();
        return new ChannelStats(all.subList(0, 3), all.subList(3, 6));
    }

    static double[] array(List<Double> values) { return values.stream().mapToDouble(d -> d).toArray(); }
}
