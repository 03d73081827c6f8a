package panatorch.tests.opcases;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import panatorch.Aten;
import panatorch.Operators;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.TorchException;
import panatorch.func.Func;
import panatorch.func.Randomness;
import panatorch.junit.NoTensorLeaks;
import panatorch.opcases.CaseFile;
import panatorch.opcases.OperatorCase;
import panatorch.opcases.Values;

/** {@code vmap} of each operator case over two samples, against a loop over the samples. */
@NoTensorLeaks
class VmapCasesTest {
    private static final CaseFile FILE = CaseFile.chosen();

    /** Operators whose results are not determined by their arguments. */
    private static final Set<String> UNDETERMINED = Set.of("aten::empty_like", "aten::empty_strided", "aten::new_empty",
            "aten::new_empty_strided", "aten::empty.memory_format", "aten::empty_permuted");

    @Test void a_mapped_operator_computes_what_a_loop_does_or_refuses() {
        var wrong = new TreeMap<String, String>();
        var equal = new TreeSet<String>();
        var refused = new TreeSet<String>();
        for (OperatorCase which : FILE.cases()) {
            if (which.mutated().length > 0 || which.inputs().isEmpty() || UNDETERMINED.contains(which.operator())) continue;
            try (var scope = Scope.open()) {
                String difference = difference(which);
                if (difference == null) equal.add(which.operator());
                else wrong.put(which.operator(), difference);
            } catch (TorchException | IllegalArgumentException | IllegalStateException e) {
                refused.add(which.operator());
            }
        }
        System.out.println("vmap: " + equal.size() + " operators equal a loop, " + refused.size() + " refuse: " + refused);
        assertThat(wrong).isEmpty();
        assertThat(equal).hasSizeGreaterThan(LEAST);
    }

    /** The cases of {@code -Dpanatorch.opcases} may be fewer than those checked in. */
    private static final int LEAST = 300;

    private static @Nullable String difference(OperatorCase which) {
        var first = new ArrayList<Tensor>();
        for (String name : which.inputs()) first.add(FILE.tensors().tensor(name));
        var second = first.stream().map(t -> t.dtype().isFloatingPoint() ? t.mul(0.75) : t).toList();
        Function<List<Tensor>, List<Tensor>> operator = inputs -> call(which, inputs);
        Torch.manualSeed(1);
        List<Tensor> a = operator.apply(first), b = operator.apply(second);
        var stacked = new ArrayList<Tensor>();
        for (int i = 0; i < first.size(); i++) stacked.add(Aten.stack(first.get(i), second.get(i)));
        Torch.manualSeed(1);
        List<Tensor> both = Func.vmap(operator, o -> o.randomness(Randomness.ERROR)).apply(stacked);
        for (int i = 0; i < a.size(); i++) {
            for (int sample = 0; sample < 2; sample++) {
                Tensor expected = (sample == 0 ? a : b).get(i);
                String difference = Comparison.difference(expected, both.get(i).select(0, sample));
                if (difference != null) return "output " + i + " of sample " + sample + ": " + difference;
            }
        }
        return null;
    }

    private static List<Tensor> call(OperatorCase which, List<Tensor> inputs) {
        var arguments = new ArrayList<@Nullable Object>();
        for (var value : which.args()) arguments.add(Values.decode(value, inputs));
        var results = new ArrayList<Tensor>();
        for (Object result : Operators.call(which.operator(), arguments.toArray())) {
            if (result instanceof Tensor t) results.add(t);
            else if (result instanceof List<?> list) for (Object t : list) results.add((Tensor) t);
            else throw new IllegalArgumentException("no tensor"); // a number: nothing to map
        }
        return results;
    }
}
