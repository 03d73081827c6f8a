package panatorch.export;

import java.util.Arrays;

/** {@code torch.cond}: runs one of two graphs. */
final class BranchStep extends Step {
    private final Operand predicate;
    private final int scratch;
    private final Graph yes, no;
    private final Operand[] operands;
    private final int[] results;

    /** @param scratch a slot of this step's own */
    BranchStep(String place, Operand predicate, int scratch, Graph yes, Graph no, Operand[] operands, int[] results) {
        super(place);
        this.predicate = predicate;
        this.scratch = scratch;
        this.yes = yes;
        this.no = no;
        this.operands = Arrays.copyOf(operands, operands.length);
        this.results = results;
    }

    @Override void run(Frame frame) {
        predicate.give(frame, frame, scratch);
        (frame.takeTruth(scratch) ? yes : no).call(frame, operands, results);
    }
}
