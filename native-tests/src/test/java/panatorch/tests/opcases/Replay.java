package panatorch.tests.opcases;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Operators;
import panatorch.Out;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.opcases.OperatorCase;
import panatorch.opcases.Safetensors;
import panatorch.opcases.Values;

/** Calls a case's operator in one of several ways, and looks for a difference from what PyTorch made of it. */
record Replay(OperatorCase which, Safetensors file, Way way) {

    /** An operator with all its arguments; the results as the way's API has them. */
    @FunctionalInterface
    interface Way {
        @Nullable Object call(String operator, List<@Nullable Object> arguments);

        /** By name. */
        Way GENERIC = (operator, arguments) -> Operators.call(operator, arguments.toArray());
        /** Through the method of {@link panatorch.Aten}. */
        Way TYPED = TypedCalls::call;
        /** Through the method of {@link panatorch.Aten} that takes the optional arguments in a record. */
        Way OPTIONS = TypedCalls::callWithOptions;
        /** As {@link #TYPED}, into tensors without elements of the types that gives. */
        Way INTO = (operator, arguments) -> {
            var results = new ArrayList<@Nullable Object>();
            flatten(TypedCalls.call(operator, arguments), results);
            var out = results.stream().map(r -> Torch.empty(((Tensor) Objects.requireNonNull(r)).dtype(), 0)).toList();
            Object written = Out.into(out, () -> TypedCalls.call(operator, arguments));
            var same = new ArrayList<@Nullable Object>();
            flatten(written, same);
            for (int i = 0; i < out.size(); i++)
                if (out.get(i) != same.get(i)) throw new AssertionError("result " + i + " is not the out tensor");
            return written;
        };
    }

    /** Everything that differs, in words; empty if nothing does. */
    List<String> differences() {
        var found = forward();
        if (which.grads() != null) gradients(which.grads(), found);
        return found;
    }

    /** {@link #differences} but those of gradients. */
    List<String> forward() {
        var found = new ArrayList<String>();
        try (var scope = Scope.open()) {
            var inputs = inputs();
            outputs(call(inputs), found);
            for (int k = 0; k < which.mutated().length; k++) {
                compare("mutated input " + which.mutated()[k], which.mutatedTensors().get(k), inputs.get(which.mutated()[k]), found);
            }
        }
        return found;
    }

    private List<Tensor> inputs() {
        var inputs = new ArrayList<Tensor>();
        for (String name : which.inputs()) inputs.add(file.tensor(name));
        return inputs;
    }

    private List<@Nullable Object> call(List<Tensor> inputs) {
        var arguments = new ArrayList<@Nullable Object>();
        for (var value : which.args()) arguments.add(Values.decode(value, inputs));
        var results = new ArrayList<@Nullable Object>();
        flatten(way.call(which.operator(), arguments), results);
        if (results.isEmpty() && !which.structure().equals("list")) results.add(null);
        return results;
    }

    private static void flatten(@Nullable Object value, List<@Nullable Object> into) {
        switch (value) {
            case Record several -> {
                for (var c : several.getClass().getRecordComponents()) flatten(component(several, c), into);
            }
            case List<?> list -> list.forEach(v -> flatten(v, into));
            case null, default -> into.add(value);
        }
    }

    private static Object component(Record several, RecordComponent c) {
        try {
            return c.getAccessor().invoke(several);
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new AssertionError(e);
        }
    }

    private void outputs(List<@Nullable Object> actual, List<String> found) {
        if (actual.size() != which.outputs().size()) {
            found.add(actual.size() + " outputs, not " + which.outputs().size());
            return;
        }
        for (int i = 0; i < actual.size(); i++) {
            var value = which.outputs().get(i);
            if (value.has("tensor")) {
                if (actual.get(i) instanceof Tensor t)
                    compare("output " + i, which.outputTensors().get(value.get("tensor").asInt()), t, found);
                else
                    found.add("output " + i + " is " + actual.get(i) + ", not a tensor");
            } else if (!exempt("output " + i) && !same(Values.decode(value, List.of()), actual.get(i))) {
                found.add("output " + i + " is " + actual.get(i) + ", not " + value);
            }
        }
    }

    private static boolean same(@Nullable Object expected, @Nullable Object actual) {
        return expected instanceof Double e && actual instanceof Double a ? Comparison.difference(e, a) == null
                : java.util.Objects.equals(expected, actual);
    }

    /** Those of the sum of all floating-point outputs that depend on an input. */
    private void gradients(int[][] wanted, List<String> found) {
        try (var scope = Scope.open()) {
            var inputs = inputs();
            for (int[] pair : wanted) inputs.get(pair[0]).requiresGrad_(true);
            Tensor sum = null;
            for (Object output : call(inputs)) {
                if (!(output instanceof Tensor t) || !t.dtype().isFloatingPoint() || !t.requiresGrad()) continue;
                sum = sum == null ? t.sum() : sum.add(t.sum());
            }
            if (sum == null) {
                found.add("no output depends on an input that requires a gradient");
                return;
            }
            // With the inputs named: an operator that returns its argument itself (lift_fresh) makes it an inner node of the graph.
            Aten._backward(sum, Arrays.stream(wanted).map(pair -> inputs.get(pair[0])).toList(), null, false, false);
            for (int[] pair : wanted) {
                Tensor gradient = inputs.get(pair[0]).grad();
                if (gradient == null) found.add("input " + pair[0] + " has no gradient");
                else compare("gradient of input " + pair[0], which.gradTensors().get(pair[1]), gradient, found);
            }
        }
    }

    private boolean exempt(String what) { return Exemption.of(which.operator()).covers(what); }

    private void compare(String what, String name, Tensor actual, List<String> found) {
        Tensor expected = file.tensor(name);
        String difference = exempt(what) ? Comparison.differenceOfShape(expected, actual) : Comparison.difference(expected, actual);
        if (difference != null) found.add(what + ": " + difference);
    }
}
