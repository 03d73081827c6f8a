package panatorch.distributions;

import panatorch.Tensor;

/**
 * Probabilities of one of two outcomes, given as such or as log-odds. The other form is computed when it is asked for: were it kept, it
 * would belong to the scope of the first call.
 */
record Odds(Tensor given, boolean areLogits) {
    static Odds ofProbs(Tensor probs) { return new Odds(probs, false); }

    static Odds ofLogits(Tensor logits) { return new Odds(logits, true); }

    Tensor probs() { return areLogits ? given.sigmoid() : given; }

    Tensor logits() {
        if (areLogits) return given;
        Tensor p = Shapes.clampProbs(given);
        return p.log().sub(p.neg().log1p());
    }

    Odds expand(long... shape) { return new Odds(given.expand(shape), areLogits); }

    void check(Distribution owner) {
        if (areLogits) owner.require("logits", given, Constraints.REAL);
        else owner.require("probs", given, Constraints.UNIT_INTERVAL);
    }

    /** Binary cross-entropy of {@code target}, element by element. */
    Tensor crossEntropy(Tensor target) {
        var both = Shapes.broadcast(logits(), target);
        return both.get(0).binaryCrossEntropyWithLogits(both.get(1), null, null, 0);
    }
}
