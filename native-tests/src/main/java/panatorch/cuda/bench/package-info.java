/** Training steps on a GPU against Python's: {@link panatorch.cuda.bench.Main}. */
@NullMarked
package panatorch.cuda.bench;

import org.jspecify.annotations.NullMarked;
