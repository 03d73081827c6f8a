package panatorch.serve;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.export.Signature;

/** What a signature asks of requests and answers: the check of inputs, the batch dimension, and the variable sizes. */
final class Contract {
    /** Marks dimensions whose size is no symbol, in the place of the symbol's number. */
    static final int NO_SYMBOL = -1;

    /** The inputs that a caller gives. */
    final List<Signature.TensorValue> inputs = new ArrayList<>();
    final List<String> inputNames, outputNames;
    /** The outputs that may be tensors. */
    final List<Signature.Value> outputs;
    /** The symbols of the inputs; the batch size is the first if there is one. */
    final List<Signature.Symbol> symbols;
    /** Whether requests can share a batch. */
    final boolean batched;
    /** The numbers of the symbols of each input's and output's dimensions; null for an output of unknown shape. */
    final int[][] inputSymbols;
    final int[] @Nullable [] outputSymbols;

    Contract(Signature signature) {
        for (Signature.Value v : signature.inputs()) {
            switch (v) {
                case Signature.TensorValue t -> inputs.add(t);
                case Signature.ConstantValue _ -> {}
                default -> throw new IllegalArgumentException("the input '" + v.name()
                        + "' is a number that may change; a served model takes tensors, so export it as one");
            }
        }
        if (inputs.isEmpty()) throw new IllegalArgumentException("the model has no inputs; declare them");
        outputs = signature.outputs().stream().filter(v -> v instanceof Signature.TensorValue || v instanceof Signature.UnknownValue)
                .toList();
        inputNames = inputs.stream().map(Signature.TensorValue::name).toList();
        outputNames = outputs.stream().map(Signature.Value::name).toList();
        Map<String, Signature.Symbol> all = new LinkedHashMap<>();
        for (Signature.TensorValue t : inputs)
            for (Signature.Dim d : t.dims()) if (d instanceof Signature.Symbol s) all.putIfAbsent(s.name(), s);
        symbols = List.copyOf(all.values());
        inputSymbols = inputs.stream().map(t -> numbers(t.dims())).toArray(int[][]::new);
        outputSymbols = outputs.stream().map(v -> v instanceof Signature.TensorValue t ? numbers(t.dims()) : null).toArray(int[][]::new);
        batched = Arrays.stream(inputSymbols).allMatch(Contract::beginsWithBatch)
                && Arrays.stream(outputSymbols).allMatch(n -> n == null || beginsWithBatch(n));
    }

    private static boolean beginsWithBatch(int[] numbers) { return numbers.length > 0 && numbers[0] == 0; }

    private int[] numbers(List<Signature.Dim> dims) {
        return dims.stream().mapToInt(d -> d instanceof Signature.Symbol s ? number(s.name()) : NO_SYMBOL).toArray();
    }

    private int number(String symbol) {
        for (int i = 0; i < symbols.size(); i++) if (symbols.get(i).name().equals(symbol)) return i;
        return NO_SYMBOL;
    }

    /**
     * Checks the inputs of a request, and returns the size of each symbol.
     *
     * @throws InvalidRequestException if a type or shape is wrong; the message names the input
     */
    long[] check(List<Tensor> tensors) {
        long[] sizes = new long[symbols.size()];
        Arrays.fill(sizes, -1);
        for (int i = 0; i < tensors.size(); i++) {
            Tensor t = tensors.get(i);
            Signature.TensorValue expected = inputs.get(i);
            List<Signature.Dim> dims = expected.dims();
            if (t.dtype() != expected.dtype() || t.dim() != dims.size())
                throw new InvalidRequestException("input '" + expected.name() + "' is " + t.describe() + ", but the model takes "
                        + expected.dtype() + dims);
            long[] shape = t.shape();
            for (int d = 0; d < shape.length; d++) {
                int symbol = inputSymbols[i][d];
                if (symbol != NO_SYMBOL) bind(sizes, symbol, shape[d], expected.name(), d);
                else
                    if (dims.get(d) instanceof Signature.Fixed f && f.size() != shape[d])
                        throw new InvalidRequestException(
                                "input '" + expected.name() + "': dimension " + d + " is " + shape[d] + ", but has to be " + f);
            }
        }
        return sizes;
    }

    private void bind(long[] sizes, int symbol, long size, String input, int dim) {
        Signature.Symbol s = symbols.get(symbol);
        boolean isBatch = batched && symbol == 0; // a batch below the least size is filled up
        long min = isBatch ? 1 : s.range().min();
        if (size < min || size > s.range().max())
            throw new InvalidRequestException("input '" + input + "': dimension " + dim + " is " + size + ", but has to be "
                    + (isBatch ? "a batch of " + new Signature.Range(1, s.range().max()) : s.range()));
        if (sizes[symbol] >= 0 && sizes[symbol] != size)
            throw new InvalidRequestException("input '" + input + "': dimension " + dim + " is " + size + ", but " + s.name() + " is "
                    + sizes[symbol] + " by an input before it");
        sizes[symbol] = size;
    }

    /** Returns the symbol of a dimension of an input. */
    int symbol(String input, int dim) {
        int i = inputNames.indexOf(input);
        if (i < 0) throw new IllegalArgumentException("there is no input '" + input + "' to pad; the model takes " + inputNames);
        if (dim < 0 || dim >= inputSymbols[i].length || inputSymbols[i][dim] == NO_SYMBOL || batched && inputSymbols[i][dim] == 0)
            throw new IllegalArgumentException("dimension " + dim + " of input '" + input + "' is not a variable size besides the batch: "
                    + inputs.get(i).dims());
        return inputSymbols[i][dim];
    }
}
