package panatorch.export;

import java.util.function.Supplier;

/** A part of a program that runs in a mode of its own: with or without gradients, or under autocast. */
final class RegionStep extends Step {
    private final Supplier<? extends AutoCloseable> mode;
    private final Graph graph;
    private final Operand[] operands;
    private final int[] results;

    /** @param mode enters the mode; what it returns leaves it */
    RegionStep(String place, Supplier<? extends AutoCloseable> mode, Graph graph, Operand[] operands, int[] results) {
        super(place);
        this.mode = mode;
        this.graph = graph;
        this.operands = operands;
        this.results = results;
    }

    @Override void run(Frame frame) {
        try (var entered = mode.get()) {
            graph.call(frame, operands, results);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new AssertionError("a mode does not throw", e);
        }
    }
}
