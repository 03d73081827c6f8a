/** Training on several ranks, and inference, in the executors of Apache Spark. */
@NullMarked
package panatorch.spark;

import org.jspecify.annotations.NullMarked;
