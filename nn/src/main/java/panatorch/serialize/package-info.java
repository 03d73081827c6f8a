/** Weights in files, theirs and ours: start at {@link panatorch.serialize.StateDicts}. */
@NullMarked
package panatorch.serialize;

import org.jspecify.annotations.NullMarked;
