package panatorch.export;

/** A condition on numbers that the program checks as it runs ({@code torch._check}). */
final class AssertStep extends Step {
    private final Operand condition;
    private final int scratch;
    private final String message;

    /** @param scratch a slot of this step's own */
    AssertStep(String place, Operand condition, int scratch, String message) {
        super(place);
        this.condition = condition;
        this.scratch = scratch;
        this.message = message;
    }

    @Override void run(Frame frame) {
        condition.give(frame, frame, scratch);
        if (!frame.takeTruth(scratch)) throw new IllegalArgumentException("the program's own check failed: " + message + place);
    }
}
