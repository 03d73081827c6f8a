package panatorch.apps.reproduce;

import java.io.IOException;

/** A published result that is made again. */
public interface Experiment {
    /** What the command line calls it. */
    String name();

    /** What is compared, in a sentence. */
    String title();

    /** The paper, and where the published figures were found. */
    String source();

    Report run(Lab lab) throws IOException;
}
