package panatorch.datasets.transforms;

import java.util.List;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Tensor;

/**
 * Colour arithmetic with one factor per image. It follows torchvision 0.28 ({@code transforms.v2.functional}, one factor per call) in the
 * same order, so the results agree up to rounding. {@code x} is {@code [N, C, H, W]}, uint8 or floating-point numbers in [0, 1], and is not
 * changed; the result has its shape and dtype. Factors are float64 {@code [N]} on the CPU. The caller has a scope open.
 */
final class Colors {
    private static final long[] PIXELS = {-2, -1};

    private Colors() {}

    static Tensor brightness(Tensor x, Tensor factor) { return Images.clamped(x.mul(Images.column(factor, x)), x); }

    /** Moves pixels towards or away from the mean grey of their image, or from the mean of all channels unless there are three. */
    static Tensor contrast(Tensor x, Tensor factor) {
        Tensor grey = x.size(1) == 3 ? luma(x) : Images.floats(x);
        return blend(x, grey.mean(new long[] {1, 2, 3}, true), factor);
    }

    /** Moves pixels towards or away from their own grey. One channel is grey already. */
    static Tensor saturation(Tensor x, Tensor factor) {
        return colored(x) ? blend(x, luma(x), factor) : x;
    }

    /** Returns {@code factor·x + (1 − factor)·other}. */
    private static Tensor blend(Tensor x, Tensor other, Tensor factor) {
        return Images.clamped(x.mul(Images.column(factor, x)).add_(other.mul(Images.column(factor.rsub(1), x))), x);
    }

    /** Returns the grey values {@code [N, 1, H, W]} by ITU-R 601-2, as floating-point numbers; whole ones for uint8. */
    private static Tensor luma(Tensor x) {
        Tensor grey = x.narrow(1, 0, 1).mul(0.2989).add_(x.narrow(1, 1, 1), 0.587).add_(x.narrow(1, 2, 1), 0.114);
        return Images.bytes(x) ? grey.floor_() : grey;
    }

    static Tensor grey(Tensor x) { return colored(x) ? luma(x).to(x.dtype()).expand(x.shape()).contiguous() : x; }

    /** Turns the hue by {@code turns} of the whole colour circle. One channel has no hue. */
    static Tensor hue(Tensor x, Tensor turns) {
        if (!colored(x)) return x;
        Tensor unit = Images.bytes(x) ? x.to(DType.FLOAT32).div_(255) : x;
        List<Tensor> rgb = unit.split(1, 1);
        Tensor r = rgb.get(0), g = rgb.get(1), b = rgb.get(2);
        Tensor value = unit.amax(new long[] {1}, true), chroma = value.sub(unit.amin(new long[] {1}, true));
        Tensor divisor = chroma.maskedFill(chroma.eq(0), 1); // a grey pixel has chroma 0 and any hue
        Tensor sixths = Aten.where(value.eq(r), g.sub(b).div_(divisor),
                Aten.where(value.eq(g), b.sub(r).div_(divisor).add_(2), r.sub(g).div_(divisor).add_(4)));
        sixths.add_(Images.column(turns, x).mul(6));
        // Channel c of a colour is value − chroma·max(0, min(k, 4 − k, 1)) with k = (sixths + 5, 3, 1) mod 6: no table, no gather.
        Tensor offsets = Aten.arange(5, 0, -2, sixths.dtype()).view(1, 3, 1, 1).to(x.device());
        Tensor k = sixths.add(offsets).remainder_(6);
        Tensor turned = value.sub(k.minimum(k.rsub(4)).clamp_(0, 1).mul_(chroma)).clamp_(0, 1);
        return Images.bytes(x) ? bytes(turned) : turned;
    }

    private static boolean colored(Tensor x) {
        long channels = x.size(1);
        if (channels != 1 && channels != 3)
            throw new IllegalArgumentException(
                    "colour changes need 3 channels (RGB) or 1 (grey), but the images have " + channels);
        return channels == 3;
    }

    /** Converts [0, 1] to uint8 by 256 equal parts, as torchvision rounds. */
    private static Tensor bytes(Tensor unit) {
        return unit.mul(256 - 1e-3).to(DType.UINT8);
    }

    static Tensor invert(Tensor x) { return Images.bytes(x) ? x.bitwiseNot() : x.rsub(1); }

    /** Inverts the values at or above {@code threshold}, in the unit of {@code x}. */
    static Tensor solarize(Tensor x, Tensor threshold) {
        Tensor above = x.ge(Images.column(threshold, x));
        // where() is not vectorised for bytes; exclusive or with 0 or 255 is.
        return Images.bytes(x) ? x.bitwiseXor(above.to(DType.UINT8).neg_()) : Aten.where(above, x.rsub(1), x);
    }

    /** Keeps the {@code bits} highest bits, 0 to 8, or rounds floating-point numbers down to 2^bits levels. */
    static Tensor posterize(Tensor x, Tensor bits) {
        if (Images.bytes(x)) return x.bitwiseAnd(Aten.pow(2, bits.rsub(8)).rsub(256).to(DType.UINT8).view(-1, 1, 1, 1).to(x.device()));
        Tensor levels = Images.column(Aten.pow(2, bits), x);
        return x.mul(levels).floor_().clampMin_(0).minimum(levels.sub(1)).div_(levels);
    }

    /** Stretches every channel of every image from black to white; a channel of one value stays. */
    static Tensor autoContrast(Tensor x) {
        if (x.numel() == 0) return x;
        Tensor low = x.amin(PIXELS, true), high = x.amax(PIXELS, true), flat = low.eq(high);
        low = Images.floats(low);
        Tensor scale = Images.floats(high).sub(low).mul_(1 / Images.white(x)).maskedFill(flat, 1);
        return Images.clamped(Images.floats(x).sub(low.maskedFill(flat, 0)).div_(scale), x);
    }

    /** Equalizes the histogram of every channel of every image, as Pillow does: by a table of 256 entries, for any dtype. */
    static Tensor equalize(Tensor x) {
        if (x.numel() == 0) return x;
        long[] shape = x.shape();
        long channels = shape[0] * shape[1], pixels = shape[2] * shape[3];
        Tensor bytes = Images.bytes(x) ? x : bytes(x);
        Tensor values = bytes.reshape(channels, pixels).to(DType.INT64);
        Tensor histogram = Aten.zeros(new long[] {channels, 256}, DType.INT32, null, x.device());
        histogram.scatterAdd_(1, values, histogram.newOnes(1).expand(values.shape()));
        Tensor cumulative = histogram.cumsum(1);
        // The first cumulative entry that counts all pixels is that of the brightest value.
        Tensor brightest = histogram.gather(1, cumulative.argmax(1, true));
        Tensor step = brightest.rsub(pixels).div(255, "floor"), half = step.div(2, "floor"), flat = step.eq(0);
        Tensor table = cumulative.narrow(1, 0, 255).add(half).div(step.clampMin(1), "floor").clamp_(0, 255);
        table = Aten.cat(List.of(table.newZeros(channels, 1), table), 1);
        table = Aten.where(flat, Aten.arange(256, table.dtype(), null, x.device()), table).to(DType.UINT8);
        Tensor result = table.gather(1, values).view(shape);
        return Images.bytes(x) ? result : result.to(x.dtype()).div_(255);
    }
}
