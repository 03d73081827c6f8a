/** Fuzzers: damaged files and hostile calls by the thousand, which must be refused and never do harm. */
@NullMarked
package panatorch.fuzz;

import org.jspecify.annotations.NullMarked;
