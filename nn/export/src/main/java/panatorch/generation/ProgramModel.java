package panatorch.generation;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.export.ExportedProgram;
import panatorch.export.Inputs;
import panatorch.export.Signature;

/** A program with a cache in its buffers, or without one, which is then given the whole text each time. */
final class ProgramModel implements CausalModel {
    private static final String IDS = "input_ids", POSITION = "cache_position", MASK = "attention_mask";

    private final ExportedProgram program;
    private final boolean cached, masked;
    private final long longestPiece, capacity;
    /** Values of the buffers of a program that has read nothing. */
    private final Map<Tensor, Tensor> empty = new LinkedHashMap<>();
    private int[] text = new int[0];

    ProgramModel(ExportedProgram program) {
        this.program = program;
        List<String> names = program.signature().inputs().stream().filter(Signature.TensorValue.class::isInstance)
                .map(Signature.Value::name).toList();
        cached = names.equals(List.of(IDS, POSITION));
        masked = names.contains(MASK);
        if (!cached && !names.equals(List.of(IDS)) && !names.equals(List.of(IDS, MASK)))
            throw new IllegalArgumentException("a language model has the inputs " + IDS + ", and " + POSITION + " or " + MASK
                    + " or none else; this program has " + names);
        Signature.Dim length = ((Signature.TensorValue) program.signature().inputs().getFirst()).dims().getLast();
        longestPiece = switch (length) {
            case Signature.Fixed f -> f.size();
            case Signature.Symbol s -> s.range().max();
            case Signature.Derived _ -> Long.MAX_VALUE;
        };
        if (cached && longestPiece > 1 && length instanceof Signature.Fixed)
            throw new IllegalArgumentException(IDS + " must be one token, or any number of them, not " + longestPiece);
        capacity = cached ? cacheLength() : longestPiece;
        try (var scope = Scope.open()) {
            if (cached) program.namedBuffers().values().forEach(b -> empty.put(b, b.clone().escape()));
        }
    }

    /** Returns the length of the cache: buffers [N, H, length, E], which are the only ones of four dimensions. */
    private long cacheLength() {
        return program.namedBuffers().values().stream().filter(b -> b.dim() == 4).mapToLong(b -> b.size(2)).min()
                .orElse(Long.MAX_VALUE);
    }

    @Override public long capacity() { return capacity; }

    @Override public Tensor read(int... tokens) {
        if (tokens.length == 0) throw new IllegalArgumentException("there are no tokens to read");
        if (text.length + (long) tokens.length > capacity)
            throw new IllegalArgumentException("the model can read " + capacity + " tokens, not " + (text.length + tokens.length));
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            int[] all = Arrays.copyOf(text, text.length + tokens.length);
            System.arraycopy(tokens, 0, all, text.length, tokens.length);
            Tensor logits = null;
            if (!cached) {
                logits = computed(all, 0);
            } else {
                int step = (int) Math.min(longestPiece, tokens.length);
                for (int from = text.length; from < all.length; from += step)
                    logits = computed(Arrays.copyOfRange(all, from, Math.min(all.length, from + step)), from);
            }
            text = all;
            return scope.move(last(logits));
        }
    }

    private Tensor computed(int[] tokens, int from) {
        Tensor ids = Torch.tensor(IntStream.of(tokens).asLongStream().toArray()).unsqueeze(0);
        Inputs inputs = Inputs.named(IDS, ids);
        if (cached) inputs = inputs.and(POSITION, Torch.tensor(IntStream.range(from, from + tokens.length).asLongStream().toArray()));
        if (masked) inputs = inputs.and(MASK, ids.onesLike());
        return program.run(inputs).tensor(0);
    }

    private static Tensor last(@Nullable Tensor logits) {
        if (logits == null || logits.dim() != 3)
            throw new IllegalArgumentException("the program's first output must be logits [1, L, V]"
                    + (logits == null ? "" : ", not " + logits.describe()));
        return logits.select(0, 0).select(0, -1).to(DType.FLOAT32);
    }

    @Override public void reset() {
        text = new int[0];
        try (var noGrad = NoGrad.enter()) {
            empty.forEach((buffer, value) -> buffer.copy_(value));
        }
    }

    @Override public void close() { empty.values().forEach(Tensor::close); }
}
