/** {@code panatorch train}, {@code evaluate} and {@code doctor}. */
@NullMarked
package panatorch.apps;

import org.jspecify.annotations.NullMarked;
