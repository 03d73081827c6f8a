package panatorch.metrics;

/** A way to make one number of the scores of several classes or labels. */
public enum Average {
    /** The score of the decisions about all classes together. */
    MICRO,
    /** The mean over the classes. */
    MACRO,
    /** The mean over the classes, weighted by their numbers of examples. */
    WEIGHTED
}
