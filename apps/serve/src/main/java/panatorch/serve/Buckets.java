package panatorch.serve;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.export.Signature;

/** The sizes to which variable dimensions are padded. */
final class Buckets {
    private final Contract contract;
    /** The sizes of each symbol; null for one that is not padded. */
    private final long[] @Nullable [] sizes;
    private final double[] paddings;

    Buckets(Contract contract, ServeOptions options) {
        this.contract = contract;
        sizes = new long[contract.symbols.size()][];
        paddings = contract.inputNames.stream().mapToDouble(n -> options.paddings.getOrDefault(n, 0.0)).toArray();
        for (String name : options.paddings.keySet())
            if (!contract.inputNames.contains(name))
                throw new IllegalArgumentException("there is no input '" + name + "' to pad; the model takes " + contract.inputNames);
        for (ServeOptions.Bucket b : options.buckets) {
            int symbol = contract.symbol(b.input(), b.dim());
            Signature.Range range = contract.symbols.get(symbol).range();
            for (long size : b.sizes())
                if (size < range.min() || size > range.max())
                    throw new IllegalArgumentException("the bucket " + size + " of input '" + b.input() + "' is not within " + range);
            sizes[symbol] = b.sizes();
        }
        if (!options.buckets.isEmpty()) requireKnownShapes();
    }

    private void requireKnownShapes() {
        for (Signature.Value v : contract.outputs)
            if (!(v instanceof Signature.TensorValue t) || t.dims().stream().anyMatch(d -> d instanceof Signature.Derived))
                throw new IllegalArgumentException("the shape of output '" + v.name()
                        + "' is not known well enough to cut off the padding of buckets; declare it, or leave out the buckets");
        for (Signature.TensorValue t : contract.inputs)
            if (t.dims().stream().anyMatch(d -> d instanceof Signature.Derived))
                throw new IllegalArgumentException("input '" + t.name() + "' has a size that follows from others, which cannot be padded; "
                        + "leave out the buckets");
    }

    /** Returns the sizes with which a request runs: those of the symbols, rounded up to buckets. */
    long[] padded(long[] actual) {
        long[] result = actual;
        for (int i = 0; i < actual.length; i++) {
            long[] all = sizes[i];
            if (all == null) continue;
            for (long size : all) {
                if (size < actual[i]) continue;
                if (size != actual[i]) {
                    if (result == actual) result = actual.clone();
                    result[i] = size;
                }
                break;
            }
        }
        return result;
    }

    /** Returns an input with other sizes of the symbols besides the batch: longer ones are cut, shorter ones padded. */
    Tensor resize(Tensor t, int input, long[] to) {
        int[] symbols = contract.inputSymbols[input];
        long[] pad = new long[2 * symbols.length];
        boolean pads = false;
        Tensor result = t;
        for (int d = contract.batched ? 1 : 0; d < symbols.length; d++) {
            if (symbols[d] == Contract.NO_SYMBOL) continue;
            long missing = to[symbols[d]] - t.size(d);
            if (missing < 0) result = result.narrow(d, 0, to[symbols[d]]);
            if (missing <= 0) continue;
            pad[2 * (symbols.length - 1 - d) + 1] = missing;
            pads = true;
        }
        return pads ? panatorch.Aten.constantPadNd(result, pad, paddings[input]) : result;
    }

    /** Cuts the padding off an output. The result is a copy if there is any. */
    Tensor cut(Tensor t, int output, long[] actual, long[] padded) {
        int[] symbols = contract.outputSymbols[output];
        if (symbols == null || actual == padded) return t;
        Tensor result = t;
        for (int d = contract.batched ? 1 : 0; d < symbols.length; d++)
            if (symbols[d] != Contract.NO_SYMBOL && actual[symbols[d]] != padded[symbols[d]])
                result = result.narrow(d, 0, actual[symbols[d]]);
        return result == t ? t : result.clone();
    }

    /** Returns whether every variable size besides the batch has buckets. */
    boolean complete() {
        for (int i = contract.batched ? 1 : 0; i < sizes.length; i++) if (sizes[i] == null) return false;
        return contract.inputs.stream().flatMap(t -> t.dims().stream()).noneMatch(d -> d instanceof Signature.Derived);
    }

    /** Returns all combinations of buckets; sizes without buckets are as they are given. */
    List<long[]> combinations(long[] actual) {
        List<long[]> all = new ArrayList<>(List.of(actual.clone()));
        for (int i = 0; i < sizes.length; i++) {
            long[] choices = sizes[i];
            if (choices == null) continue;
            var more = new ArrayList<long[]>();
            for (long[] before : all) {
                for (long size : choices) {
                    long[] one = Arrays.copyOf(before, before.length);
                    one[i] = size;
                    more.add(one);
                }
            }
            all = more;
        }
        return all;
    }
}
