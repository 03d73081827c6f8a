/** Networks by their papers' names. */
@NullMarked
package panatorch.models;

import org.jspecify.annotations.NullMarked;
