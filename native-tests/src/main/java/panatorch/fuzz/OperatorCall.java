package panatorch.fuzz;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Autograd;
import panatorch.Generator;
import panatorch.Operators;
import panatorch.Scope;
import panatorch.Tensor;

/** One call of the fuzzer. */
record OperatorCall(String operator, List<@Nullable Object> arguments) {
    /** Calls the operator, and differentiates the results that have a gradient. Everything is freed afterwards. */
    void run() {
        try (var scope = Scope.open()) {
            var made = new ArrayList<@Nullable Object>();
            for (Object a : arguments) made.add(made(a));
            List<Tensor> results = new ArrayList<>();
            for (Object r : Operators.call(operator, made.toArray())) {
                if (r instanceof Tensor t) results.add(t);
                else if (r instanceof List<?> l) l.stream().filter(Tensor.class::isInstance).map(Tensor.class::cast).forEach(results::add);
                else if (r instanceof AutoCloseable c) close(c);
            }
            for (Object m : made) if (m instanceof Generator g) g.close();
            Tensor loss = null; // of all results at once, as some share parts of the graph
            for (Tensor t : results) {
                if (!t.requiresGrad() || t.numel() >= 1 << 20) continue;
                Tensor sum = t.sum().abs();
                loss = loss == null ? sum : loss.add(sum);
            }
            if (loss != null) Autograd.backward(loss);
            for (Tensor t : results) if (t.numel() < 1 << 20) {
                String _ = t.toString();
            }
        }
    }

    private static void close(AutoCloseable c) {
        try {
            c.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static @Nullable Object made(@Nullable Object a) {
        if (a instanceof Plan p) return p.make();
        if (a == Generator.class) return Generator.of(1);
        if (!(a instanceof List<?> l)) return a;
        var made = new ArrayList<@Nullable Object>();
        for (Object e : l) made.add(made(e));
        return made;
    }

    @Override public String toString() {
        return operator + "(" + String.join(", ", arguments.stream().map(OperatorCall::text).toList()) + ")";
    }

    private static String text(@Nullable Object a) {
        return switch (a) {
            case null -> "none";
            case long[] l -> Arrays.toString(l);
            case double[] d -> Arrays.toString(d);
            case boolean[] b -> Arrays.toString(b);
            case String s -> "\"" + (s.length() > 20 ? s.substring(0, 20) + "…" : s.replace("\0", "\\0")) + "\"";
            case Class<?> generator -> "a generator";
            case List<?> l -> "[" + String.join(", ", l.stream().map(OperatorCall::text).toList()) + "]";
            default -> a.toString();
        };
    }
}
