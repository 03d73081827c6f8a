package panatorch.datasets;

import java.util.Arrays;
import java.util.List;

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
