package panatorch.apps.models;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.apps.console.InputException;
import panatorch.datasets.pretrained.Preprocessing;
import panatorch.text.Encoding;
import panatorch.text.Padding;
import panatorch.text.Tokenizer;
import panatorch.text.Truncation;

/** Makes inputs of a model of images and texts. Batches are as large as the model allows, up to a limit. */
public final class InputBatches {
    private static final int MOST = 16;

    private InputBatches() {}

    /**
     * Returns the number of images or texts of a batch.
     *
     * @throws InputException if the model takes a fixed number of them that does not divide theirs
     */
    public static int size(ModelInputs model, int items) {
        long fixed = model.inputs().isEmpty() ? -1 : model.inputs().getFirst().size(0);
        if (fixed < 0) return model.inputs().stream().allMatch(i -> i.sizes() == null) ? 1 : MOST; // of a script, nothing is known
        if (fixed == 0 || items % fixed != 0)
            throw new InputException(
                    "the model takes " + fixed + " at a time, and there are " + items + "; export it with a dynamic batch size");
        return (int) fixed;
    }

    /** Returns the number of texts of a batch: as {@link #size}, but one by one where nothing tells the model what is padding. */
    public static int textsAtOnce(ModelInputs model, int texts) {
        int size = size(model, texts);
        return size == MOST && model.inputs().stream().noneMatch(i -> i.name().equals("attention_mask")) ? 1 : size;
    }

    // ---- images

    /**
     * Checks that a model can take images prepared in that way.
     *
     * @throws InputException if not
     */
    public static void checkImages(ModelInputs model, Preprocessing p) {
        List<ModelInputs.Input> needed = model.inputs().stream().filter(ModelInputs.Input::required).toList();
        if (needed.size() != 1)
            throw new InputException("an image is one input, and the model takes " + model.described() + "; pass --inputs FILE instead");
        ModelInputs.Input in = needed.getFirst();
        if (in.sizes() != null && in.sizes().size() != 4 || in.size(1) >= 0 && in.size(1) != 3)
            throw new InputException("images are float32 [N, 3, H, W], and the model takes " + in + "; pass --inputs FILE instead");
        if (in.size(2) >= 0 && in.size(2) != p.height() || in.size(3) >= 0 && in.size(3) != p.width())
            throw new InputException("the preprocessing makes images of " + p.height() + " × " + p.width() + " pixels, and the model takes "
                    + in + "; --preprocessing names another file");
    }

    /** Reads images as the model's input; the tensors belong to the current scope. */
    public static Map<String, Tensor> ofImages(ModelInputs model, Preprocessing p, List<Path> images) throws IOException {
        var tensors = new ArrayList<Tensor>();
        for (Path image : images) tensors.add(p.read(image));
        return ofImages(model, Aten.cat(tensors));
    }

    /** Returns prepared images as the model's input. */
    public static Map<String, Tensor> ofImages(ModelInputs model, Tensor images) {
        return Map.of(model.inputs().stream().filter(ModelInputs.Input::required).findFirst().orElseThrow().name(), images);
    }

    // ---- texts

    /**
     * A tokenizer with the lengths of a model.
     *
     * @param tokenizer cuts and fills texts as the model needs
     * @param padding id of the padding token
     */
    public record TextReader(Tokenizer tokenizer, int padding) {
        /** Makes the tokenizer of a model. One that takes texts of one length gets all texts filled up to it. */
        public static TextReader of(ModelInputs model, Tokenizer tokenizer, Companions companions) {
            int padding = companions.fact("pad_token_id", 0), most = companions.fact("max_length", 512);
            long fixed = ids(model).size(1);
            if (fixed > 0) most = (int) Math.min(fixed, Integer.MAX_VALUE);
            String token = tokenizer.token(padding);
            var fill = new Padding(fixed > 0 ? most : Padding.LONGEST, 1, padding, 0, token == null ? "" : token, false);
            return new TextReader(tokenizer.withTruncation(Truncation.to(most)).withPadding(fill), padding);
        }

        public List<Encoding> read(List<String> texts) {
            try {
                return tokenizer.encodeBatch(texts);
            } catch (IllegalArgumentException | IllegalStateException e) {
                throw new InputException("the text cannot be encoded: " + e.getMessage(), e);
            }
        }
    }

    /** Returns the input of token ids: {@code input_ids}, or the first one. */
    private static ModelInputs.Input ids(ModelInputs model) {
        return model.inputs().stream().filter(i -> i.name().equals("input_ids")).findFirst().orElseGet(() -> model.inputs().getFirst());
    }

    /** Returns encoded texts of one length as the model's inputs. */
    public static Map<String, Tensor> ofTexts(ModelInputs model, List<Encoding> texts) {
        String ids = ids(model).name();
        var inputs = new LinkedHashMap<String, Tensor>();
        for (ModelInputs.Input in : model.inputs()) {
            if (in.name().equals(ids)) inputs.put(ids, rows(texts, Encoding::ids));
            else switch (in.name()) {
                case "attention_mask" -> inputs.put(in.name(), rows(texts, Encoding::attentionMask));
                case "token_type_ids" -> inputs.put(in.name(), rows(texts, Encoding::typeIds));
                default -> {
                    if (in.required())
                        throw new InputException("the model's input " + in + " cannot be made of a text; pass --inputs FILE instead");
                }
            }
        }
        return inputs;
    }

    private static Tensor rows(List<Encoding> texts, java.util.function.Function<Encoding, int[]> field) {
        int length = texts.getFirst().size();
        var all = new int[texts.size() * length];
        for (int i = 0; i < texts.size(); i++) System.arraycopy(field.apply(texts.get(i)), 0, all, i * length, length);
        return Torch.tensor(all, texts.size(), length).to(DType.INT64);
    }
}
