package panatorch.export;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.NoGrad;
import panatorch.Tensor;

/**
 * A program made faster for inference on a CPU; see {@link ExportedProgram#optimize}. It has the weights as they were then, and no
 * gradients: what it returns requires none.
 *
 * <p>
 * It owns its weights until {@link #close}; outputs belong to the current scope. Any number of threads may run it at the same time.
 */
public final class OptimizedProgram implements AutoCloseable {
    private final ExportedProgram program;
    private final List<String> report;

    OptimizedProgram(ExportedProgram program, List<String> report) {
        this.program = program;
        this.report = List.copyOf(report);
    }

    /** Returns the inputs and outputs, which are those of the original. */
    public Signature signature() { return program.signature(); }

    /** Returns what was done, one line for each kind of change: {@code "20 batch normalisations folded into convolutions"}. */
    public List<String> report() {
        return report;
    }

    /** Returns the memory of the weights in bytes, as their shapes and types tell it. */
    public long weightBytes() {
        return program.weightBytes();
    }

    /** Returns the graph as Python code. */
    public String code() { return program.code(); }

    /**
     * Runs the program.
     *
     * @throws IllegalArgumentException as the original does, and if an input requires a gradient while gradients are enabled
     */
    public Outputs run(Inputs inputs) {
        if (NoGrad.isGradEnabled()) {
            requireNoGradient(inputs.positional());
            requireNoGradient(inputs.named());
        }
        try (var noGrad = NoGrad.enter()) {
            return program.run(inputs);
        }
    }

    /** Runs the program on tensors: the inputs that are not constant, in the signature's order. */
    public Outputs run(Tensor... inputs) {
        return run(Inputs.of((Object[]) inputs));
    }

    private static void requireNoGradient(@Nullable Object value) {
        switch (value) {
            case List<?> list -> list.forEach(OptimizedProgram::requireNoGradient);
            case Map<?, ?> map -> map.values().forEach(OptimizedProgram::requireNoGradient);
            case Tensor t when t.requiresGrad() -> throw new IllegalArgumentException(
                    "an optimised program has no gradients, but an input requires one; "
                            + "run the original program, or this one within NoGrad.enter()");
            case null, default -> {}
        }
    }

    /** Frees the weights. Closing twice is harmless. */
    @Override public void close() { program.close(); }
}
