package panatorch.optim;

/** Changes parameters by their gradients. Owns its state until closed, not the parameters. One thread's. */
public interface Optimizer extends AutoCloseable {
    /** One update of all parameters that have a gradient. */
    void step();

    /** Frees the gradients. */
    void zeroGrad();

    double learningRate();

    void setLearningRate(double lr);

    /** Frees the state. */
    @Override void close();
}
