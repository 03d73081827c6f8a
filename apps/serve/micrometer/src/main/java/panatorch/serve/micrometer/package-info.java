/** Metrics of served models, by Micrometer. */
@NullMarked
package panatorch.serve.micrometer;

import org.jspecify.annotations.NullMarked;
