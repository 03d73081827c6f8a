/**
 * The command line {@code panatorch}: {@code train}, {@code evaluate}, {@code predict}, {@code distill}, {@code find-lr}, {@code compare},
 * {@code inspect}, {@code convert}, {@code reproduce}, {@code doctor} and {@code completion}, one class each. Picocli sets the fields of a
 * command; what they hold before is a placeholder.
 */
@NullMarked
package panatorch.apps;

import org.jspecify.annotations.NullMarked;
