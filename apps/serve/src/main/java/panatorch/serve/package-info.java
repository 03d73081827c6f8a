/** Models that answer many callers at once, without a network in between. Start at {@link panatorch.serve.Served}. */
@NullMarked
package panatorch.serve;

import org.jspecify.annotations.NullMarked;
