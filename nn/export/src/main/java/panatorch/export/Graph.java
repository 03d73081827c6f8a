package panatorch.export;

import panatorch.internal.libtorch.Tag;

/**
 * A graph in a form that can be run, by any number of threads at once. Each run has a {@link Frame} of its own, in which the inputs are put
 * first.
 *
 * @param slots number of slots of a frame
 * @param inputs where the inputs belong
 * @param results where the outputs are given to at the end
 */
record Graph(int slots, int[] inputs, Step[] steps, Operand[] outputs, int[] results) {
    /** Runs the calls; afterwards the outputs are in the slots {@link #results}. */
    void run(Frame frame) {
        for (Step step : steps) step.run(frame);
        for (int i = 0; i < outputs.length; i++) outputs[i].give(frame, frame, results[i]);
    }

    /**
     * Runs this graph as a part of another one.
     *
     * @param arguments values for the inputs
     * @param targets slots of {@code outer} for the outputs
     */
    void call(Frame outer, Operand[] arguments, int[] targets) {
        Frame own = new Frame(outer.state, slots);
        try {
            for (int i = 0; i < inputs.length; i++) arguments[i].give(outer, own, inputs[i]);
            run(own);
            for (int i = 0; i < targets.length; i++) move(own, results[i], outer, targets[i]);
        } finally {
            own.clear();
        }
    }

    /** Moves a value from one frame to an empty slot of another. */
    static void move(Frame from, int slot, Frame to, int target) {
        int tag = from.tags[slot];
        long payload = from.payloads[slot];
        from.tags[slot] = Tag.NONE;
        to.set(target, tag, payload);
    }
}
