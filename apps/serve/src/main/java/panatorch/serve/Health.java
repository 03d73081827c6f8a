package panatorch.serve;

/**
 * The state of a {@link Served} model and what it has done so far.
 *
 * @param state whether it takes requests
 * @param waiting number of requests that wait for a worker
 * @param running number of requests that workers run
 * @param answered number of requests that were answered
 * @param failed number of requests that the model failed on
 * @param rejected number of requests that were refused, late or given up
 * @param memoryBytes approximate memory of the weights, 0 if unknown
 */
public record Health(State state, int waiting, int running, long answered, long failed, long rejected, long memoryBytes) {
    /** The states of a served model. */
    public enum State {
        /** It takes requests. */
        READY,
        /** It takes no more requests and answers those that it has accepted. */
        CLOSING,
        /** It is closed. */
        CLOSED
    }
}
