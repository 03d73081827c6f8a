package panatorch.export;

/** A change to a graph that keeps what it computes. */
interface Pass {
    void apply(Rewrite graph);
}
