package panatorch.nn;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.nn.init.Init;

/**
 * The base of recurrent networks of several layers, computed in one operator call. Parameters of layer l, with the suffix {@code _reverse}
 * for the backward direction: {@code weight_ih_l} [gates·H, in], {@code weight_hh_l} [gates·H, H], {@code bias_ih_l}, {@code bias_hh_l}
 * [gates·H].
 *
 * <pre>{@code
 * var lstm = new LSTM(LSTM.options(10, 20).layers(2).batchFirst(true));
 * var result = lstm.forward(Torch.randn(3, 5, 10), null, null);   // output [3, 5, 20], hidden and cell [2, 3, 20]
 * }</pre>
 *
 * <p>
 * Shapes: an input is [L, N, in], or [N, L, in] with {@code batchFirst}, or [L, in] for one sequence. A state is [layers·directions, N, H],
 * or [layers·directions, H]. Sequences of different lengths are a {@link PackedSequence}.
 */
public abstract sealed class Recurrent extends Module implements Masked permits RNN, GRU, LSTM {
    /**
     * Options of the network. Each method returns changed options.
     *
     * @param in features of the input
     * @param hidden H, features of a state
     * @param layers number of layers
     * @param bias whether there are biases
     * @param batchFirst whether inputs are [N, L, in] instead of [L, N, in]
     * @param dropout probability of dropping after every layer but the last
     * @param bidirectional whether every layer also runs backwards
     * @param projection size of an LSTM's output, smaller than the hidden size (Sak et al., 2014, arXiv:1402.1128); 0 for the hidden size
     */
    public record Options(long in, long hidden, int layers, boolean bias, boolean batchFirst, double dropout, boolean bidirectional,
            long projection) {
        public Options layers(int n) { return new Options(in, hidden, n, bias, batchFirst, dropout, bidirectional, projection); }

        public Options bias(boolean on) { return new Options(in, hidden, layers, on, batchFirst, dropout, bidirectional, projection); }

        public Options batchFirst(boolean on) { return new Options(in, hidden, layers, bias, on, dropout, bidirectional, projection); }

        public Options dropout(double p) { return new Options(in, hidden, layers, bias, batchFirst, p, bidirectional, projection); }

        public Options bidirectional(boolean on) { return new Options(in, hidden, layers, bias, batchFirst, dropout, on, projection); }

        public Options projection(long size) { return new Options(in, hidden, layers, bias, batchFirst, dropout, bidirectional, size); }

        int directions() { return bidirectional ? 2 : 1; }

        long out() { return projection > 0 ? projection : hidden; }
    }

    final Options options;
    private final List<String> names = new ArrayList<>();
    private final DropState drop;

    /** Returns options of one layer, one direction, with biases, for inputs [L, N, in]. */
    public static Options options(long in, long hidden) {
        return new Options(in, hidden, 1, true, false, 0, false, 0);
    }

    Recurrent(Options o, int gates) {
        if (o.in < 1 || o.hidden < 1 || o.layers < 1)
            throw new IllegalArgumentException("sizes and the number of layers have to be above 0, not " + o);
        if (o.projection < 0 || o.projection >= o.hidden || o.projection > 0 && gates != 4)
            throw new IllegalArgumentException(
                    "projection has to be smaller than the hidden size of an LSTM, and 0 for other networks");
        options = o;
        drop = new DropState(o.dropout);
        double bound = 1 / Math.sqrt(o.hidden);
        for (int layer = 0; layer < o.layers; layer++) {
            for (String suffix : o.bidirectional ? List.of("", "_reverse") : List.of("")) {
                String end = "_l" + layer + suffix;
                add("weight_ih" + end, bound, gates * o.hidden, layer == 0 ? o.in : o.out() * o.directions());
                add("weight_hh" + end, bound, gates * o.hidden, o.out());
                if (o.bias) add("bias_ih" + end, bound, gates * o.hidden);
                if (o.bias) add("bias_hh" + end, bound, gates * o.hidden);
                if (o.projection > 0) add("weight_hr" + end, bound, o.projection, o.hidden);
            }
        }
    }

    private void add(String name, double bound, long... shape) {
        names.add(name);
        parameter(name, Init.uniform_(Torch.empty(shape), -bound, bound));
    }

    @Override public final double p() { return drop.p(); }

    @Override public final void setP(double p) { drop.setP(p); }

    @Override public final @Nullable MaskSource masks() { return drop.masks(); }

    @Override public final void setMasks(@Nullable MaskSource source) { drop.setMasks(this, source); }

    /** Returns the outputs of the last layer at every time, [L, N, directions·H], laid out as the input. */
    @Override public final Tensor forward(Tensor input) {
        return forwardAll(List.of(input)).getFirst();
    }

    /** Takes the input and states, which are zeros if absent, and returns output and states. */
    @Override public final List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
        Tensor input = inputs.getFirst();
        if (input.dim() != 2 && input.dim() != 3)
            throw new IllegalArgumentException(name() + " takes two or three dimensions, not " + input.describe());
        boolean single = input.dim() == 2;
        int batch = options.batchFirst ? 0 : 1;
        Tensor x = single ? input.unsqueeze(batch) : input;
        List<Tensor> given = new ArrayList<>();
        for (int i = 1; i <= stateSizes().length; i++) {
            Tensor state = Inputs.at(inputs, i);
            given.add(state != null && single ? state.unsqueeze(1) : state);
        }
        List<Tensor> all = layers(x, null, orZeros(given, x, x.size(batch)));
        if (!single) return all;
        List<Tensor> unbatched = new ArrayList<>();
        for (Tensor t : all) unbatched.add(t.squeeze(unbatched.isEmpty() ? batch : 1));
        return unbatched;
    }

    /**
     * The result of packed sequences.
     *
     * @param output output of the last layer at every time
     * @param states states of every layer after the last step of each sequence, as {@code forwardAll} returns them
     */
    public record PackedResult(PackedSequence output, List<Tensor> states) {}

    /**
     * Runs sequences of different lengths.
     *
     * @param states first states as {@link #forwardAll} takes them; none for zeros
     */
    public final PackedResult forward(PackedSequence input, Tensor... states) {
        List<Tensor> sorted = new ArrayList<>(), after = new ArrayList<>();
        for (int i = 0; i < stateSizes().length; i++) sorted.add(i < states.length ? input.sorted(states[i]) : null);
        List<Tensor> all = layers(input.data(), input.batchSizes(), orZeros(sorted, input.data(), input.sorted().numel()));
        for (Tensor state : all.subList(1, all.size())) after.add(input.unsorted(state));
        return new PackedResult(input.with(all.getFirst()), after);
    }

    private List<Tensor> orZeros(List<? extends @Nullable Tensor> given, Tensor like, long batch) {
        List<Tensor> states = new ArrayList<>();
        for (Tensor state : given) {
            long[] shape = {(long) options.layers * options.directions(), batch, stateSizes()[states.size()]};
            states.add(state != null ? state : Aten.zeros(shape, like.dtype(), null, like.device()));
        }
        return states;
    }

    /** Returns the size of each state. */
    long[] stateSizes() { return new long[] {options.hidden}; }

    /**
     * Runs all layers in one call, or layer by layer with the source's masks in between.
     *
     * @param batchSizes batch sizes of packed sequences, or null
     */
    private List<Tensor> layers(Tensor input, @Nullable Tensor batchSizes, List<Tensor> states) {
        List<Tensor> weights = new ArrayList<>();
        for (String name : names) weights.add(parameter(name));
        MaskSource source = drop.asked(this);
        int layers = options.layers, directions = options.directions(), each = weights.size() / layers;
        if (source == null || layers == 1) return run(input, batchSizes, states, weights, layers, drop.p());
        List<List<Tensor>> after = new ArrayList<>();
        Tensor x = input;
        for (int layer = 0; layer < layers; layer++) {
            if (layer > 0) x = x.mul(between(x, batchSizes, source));
            long first = (long) layer * directions;
            after.add(run(x, batchSizes, states.stream().map(s -> s.narrow(0, first, directions)).toList(),
                    weights.subList(layer * each, (layer + 1) * each), 1, 0));
            x = after.getLast().getFirst();
        }
        List<Tensor> all = new ArrayList<>(List.of(x));
        for (int i = 1; i <= states.size(); i++) {
            int state = i;
            all.add(Aten.cat(after.stream().map(a -> a.get(state)).toList()));
        }
        return all;
    }

    /** Masks the output between two layers. Masks have the rows first, as all masks do, if there are rows. */
    private Tensor between(Tensor x, @Nullable Tensor batchSizes, MaskSource source) {
        boolean turned = batchSizes == null && !options.batchFirst;
        Tensor rows = turned ? x.transpose(0, 1) : x, mask = source.mask(rows, rows.shape(), drop.p());
        return turned ? mask.transpose(0, 1) : mask;
    }

    /**
     * Runs the operator.
     *
     * @param layers number of layers to which {@code weights} belong
     * @param p probability of dropping between them
     */
    abstract List<Tensor> run(Tensor input, @Nullable Tensor batchSizes, List<Tensor> states, List<Tensor> weights, int layers, double p);

    @Override protected String describe() {
        Options o = options;
        return o.in + ", " + o.hidden + (o.projection == 0 ? "" : ", proj_size=" + o.projection)
                + (o.layers == 1 ? "" : ", num_layers=" + o.layers) + (o.bias ? "" : ", bias=False")
                + (o.batchFirst ? ", batch_first=True" : "") + (p() == 0 ? "" : ", dropout=" + Repr.of(p()))
                + (o.bidirectional ? ", bidirectional=True" : "");
    }
}
