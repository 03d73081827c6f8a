/** Benchmarks against Python's PyTorch, started by {@code bench/run}. */
@NullMarked
package panatorch.bench;

import org.jspecify.annotations.NullMarked;
