package panatorch.export;

/** {@code while_loop}: runs a graph on carried values as long as another one returns true. */
final class LoopStep extends Step {
    private final Graph condition, body;
    private final Operand[] operands;
    private final int carried;
    private final int[] results;

    /**
     * @param operands the initial carried values, then further inputs of both graphs
     * @param carried number of carried values
     */
    LoopStep(String place, Graph condition, Graph body, Operand[] operands, int carried, int[] results) {
        super(place);
        this.condition = condition;
        this.body = body;
        this.operands = operands;
        this.carried = carried;
        this.results = results;
    }

    @Override void run(Frame frame) {
        int n = operands.length;
        // The values of this round, one more slot for the condition, and the values of the next round.
        Frame own = new Frame(frame.state, n + 1 + carried);
        var round = new Operand[n];
        var now = new int[carried];
        var next = new int[carried];
        for (int i = 0; i < n; i++) round[i] = new Operand.Slot(i);
        for (int i = 0; i < carried; i++) {
            now[i] = i;
            next[i] = n + 1 + i;
        }
        try {
            for (int i = 0; i < n; i++) operands[i].give(frame, own, i);
            while (true) {
                condition.call(own, round, new int[] {n});
                if (!own.takeTruth(n)) break;
                body.call(own, round, next);
                for (int i = 0; i < carried; i++) {
                    own.drop(now[i]);
                    Graph.move(own, next[i], own, now[i]);
                }
            }
            for (int i = 0; i < results.length; i++) Graph.move(own, now[i], frame, results[i]);
        } finally {
            own.clear();
        }
    }
}
