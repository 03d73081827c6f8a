package panatorch.datasets.pretrained;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import panatorch.datasets.ChannelStats;
import panatorch.datasets.ResamplingFilter;
import panatorch.text.internal.Field;
import panatorch.text.internal.MalformedFieldException;

/** Reads {@link Preprocessing} from the configuration files of timm, Hugging Face's transformers and torchvision. */
final class PreprocessingReader {
    /** Pillow's numbers of filters, which {@code preprocessor_config.json} has. */
    private static final List<ResamplingFilter> BY_NUMBER = List.of(ResamplingFilter.NEAREST, ResamplingFilter.LANCZOS,
            ResamplingFilter.BILINEAR, ResamplingFilter.BICUBIC, ResamplingFilter.BOX, ResamplingFilter.HAMMING);

    /**
     * Image processors of transformers that resize, crop, scale and normalise without more, by their names' beginnings, and what their
     * versions of the same fields mean is in {@link #huggingFace}.
     */
    private static final Set<String> PLAIN = Set.of("BEiT", "Beit", "Bit", "Blip", "CLIP", "ChineseCLIP", "Chameleon", "ConvNext", "DeiT",
            "Levit", "MobileNetV1", "MobileNetV2", "MobileViT", "OwlViT", "Pvt", "Siglip", "Segformer", "ViT");

    private PreprocessingReader() {}

    static Preprocessing read(byte[] json) {
        try {
            Field file = Field.parse(json);
            if (file.map().containsKey("pretrained_cfg")) return timm(file.get("pretrained_cfg"));
            if (file.map().containsKey("input_size")) return timm(file);
            if (file.map().containsKey("resize_size")) return torchvision(file);
            for (String key : List.of("image_processor_type", "feature_extractor_type", "do_resize", "image_mean", "do_normalize"))
                if (file.map().containsKey(key)) return huggingFace(file);
            throw new MalformedFieldException("it has neither timm's input_size, nor torchvision's resize_size, nor Hugging Face's "
                    + "image_processor_type");
        } catch (MalformedFieldException e) {
            throw new IllegalArgumentException("the preprocessing cannot be used: " + e.getMessage(), e);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("the preprocessing cannot be used: " + e.getMessage(), e);
        }
    }

    // ---- timm: resolve_data_config and transforms_imagenet_eval

    private static Preprocessing timm(Field c) {
        Field inputSize = c.get("input_size"), mode = c.get("crop_mode"), percent = c.get("crop_pct");
        List<Field> size = inputSize.list();
        if (size.size() != 3) throw inputSize.wrong("[channels, height, width]");
        if (size.getFirst().integer() != 3) throw size.getFirst().wrong("3, for red, green and blue");
        int height = size.get(1).integer(), width = size.get(2).integer();
        double part = percent.isNull() ? 0.875 : percent.number();
        if (!(part > 0 && part <= 1)) throw percent.wrong("a part of the image above 0 and up to 1");
        int tall = (int) Math.floor(height / part), wide = (int) Math.floor(width / part);
        ResamplingFilter filter = c.get("interpolation").isNull() ? ResamplingFilter.BICUBIC : named(c.get("interpolation"));
        String how = mode.isNull() ? "center" : mode.string();
        Resizing resizing = switch (how) {
            case "center" -> tall == wide ? new Resizing.ShorterSide(tall) : new Resizing.Cover(wide, tall);
            case "squash" -> new Resizing.Stretch(wide, tall);
            default -> throw mode.wrong("center or squash");
        };
        // timm forgets the filter where it resizes to other shapes than squares
        if (resizing instanceof Resizing.Cover) filter = ResamplingFilter.BILINEAR;
        return new Preprocessing(resizing, height, width, false, filter, false, 1 / 255.0,
                numbers(c.get("mean"), ChannelStats.IMAGENET.mean()), numbers(c.get("std"), ChannelStats.IMAGENET.std()));
    }

    // ---- torchvision: the fields of ImageClassification

    private static Preprocessing torchvision(Field c) {
        List<Integer> resize = integers(c.get("resize_size")), crop = integers(c.get("crop_size"));
        Resizing resizing = resize.size() == 1 ? new Resizing.ShorterSide(resize.getFirst())
                : new Resizing.Stretch(resize.getLast(), resize.getFirst());
        return new Preprocessing(resizing, crop.getFirst(), crop.getLast(), false, named(c.get("interpolation")), false, 1 / 255.0,
                numbers(c.get("mean"), ChannelStats.IMAGENET.mean()), numbers(c.get("std"), ChannelStats.IMAGENET.std()));
    }

    private static List<Integer> integers(Field f) {
        List<Integer> all = f.isList() ? f.list().stream().map(Field::integer).toList() : List.of(f.integer());
        if (all.isEmpty() || all.size() > 2) throw f.wrong("a side, or a height and a width");
        return all;
    }

    // ---- transformers: the image processors

    private static Preprocessing huggingFace(Field c) {
        String type = type(c);
        Field size = c.get("size"), crop = c.get("crop_size");
        require(c, "do_resize", "images of any size");
        require(c, "do_rescale", "pixels as numbers from 0 to 255");
        if (c.get("do_pad").bool(false)) throw c.get("do_pad").wrong("false");
        if (size.isNull()) throw size.wrong("a side, or an object with shortest_edge, or height and width");
        boolean crops = c.get("do_center_crop").bool(!crop.isNull() && !isOneOf(type, "Beit", "BEiT", "OwlViT", "ViT"));
        boolean keepsRatio = size.isObject() ? size.map().containsKey("shortest_edge")
                : isOneOf(type, "Bit", "CLIP", "ChineseCLIP", "Chameleon", "ConvNext", "Levit", "MobileNetV1", "MobileNetV2", "MobileViT");
        int height = size.isObject() ? size.get(keepsRatio ? "shortest_edge" : "height").integer() : size.integer(),
                width = size.isObject() ? size.get(keepsRatio ? "shortest_edge" : "width").integer() : height;
        Resizing resizing = keepsRatio ? new Resizing.ShorterSide(height) : new Resizing.Stretch(width, height);
        int tall = height, wide = width;
        if (type.startsWith("ConvNext")) {
            if (height >= 384) resizing = new Resizing.Stretch(height, height);
            else resizing = new Resizing.ShorterSide((int) (height / (c.get("crop_pct").isNull() ? 0.875 : c.get("crop_pct").number())));
        } else if (crops) {
            List<Integer> sides = crop.isObject() ? List.of(crop.get("height").integer(), crop.get("width").integer()) : integers(crop);
            tall = sides.getFirst();
            wide = sides.getLast();
            if (type.startsWith("Levit") && keepsRatio) resizing = new Resizing.ShorterSide((int) (256 / 224.0 * height));
        } else if (keepsRatio) {
            throw size.wrong("height and width, since images are not cropped (do_center_crop)");
        }
        Field factor = c.get("rescale_factor"), resample = c.get("resample");
        boolean normalizes = c.get("do_normalize").bool(!type.startsWith("MobileViT"));
        return new Preprocessing(resizing, tall, wide, true, resample.isNull() ? standard(type) : numbered(resample),
                c.get("do_flip_channel_order").bool(type.startsWith("MobileViT")), factor.isNull() ? 1 / 255.0 : factor.number(),
                normalizes ? numbers(c.get("image_mean"), null) : List.of(), normalizes ? numbers(c.get("image_std"), null) : List.of());
    }

    private static String type(Field c) {
        Field now = c.get("image_processor_type"), before = c.get("feature_extractor_type"), of = now.isNull() ? before : now;
        if (of.isNull()) return "";
        String type = of.string();
        if (PLAIN.stream().noneMatch(p -> isOneOf(type, p))) throw of.wrong("an image processor that only resizes, crops and normalises");
        return type;
    }

    private static boolean isOneOf(String type, String... kinds) {
        for (String kind : kinds)
            for (String end : List.of("ImageProcessor", "ImageProcessorFast", "ImageProcessorPil", "FeatureExtractor"))
                if (type.equals(kind + end)) return true;
        return false;
    }

    private static void require(Field c, String step, String otherwise) {
        if (!c.get(step).bool(true)) throw c.get(step).wrong("true (the model would take " + otherwise + ")");
    }

    private static ResamplingFilter standard(String type) {
        return isOneOf(type, "ViT", "MobileNetV1", "MobileNetV2", "Segformer") ? ResamplingFilter.BILINEAR : ResamplingFilter.BICUBIC;
    }

    // ---- fields

    private static ResamplingFilter numbered(Field f) {
        int number = f.integer();
        if (number >= BY_NUMBER.size()) throw f.wrong("a number of Pillow's from 0 to " + (BY_NUMBER.size() - 1));
        return BY_NUMBER.get(number);
    }

    private static ResamplingFilter named(Field f) {
        String name = f.string().toUpperCase(Locale.ROOT);
        for (ResamplingFilter filter : ResamplingFilter.values()) if (filter.name().equals(name)) return filter;
        throw f.wrong("one of nearest, box, bilinear, hamming, bicubic, lanczos");
    }

    /** Returns a number for each channel; one number is that of all. */
    private static List<Double> numbers(Field f, @Nullable List<Double> otherwise) {
        if (f.isNull() && otherwise != null) return otherwise;
        if (!f.isList()) return Collections.nCopies(3, f.number());
        var numbers = new ArrayList<Double>();
        for (Field n : f.list()) numbers.add(n.number());
        return numbers;
    }
}
