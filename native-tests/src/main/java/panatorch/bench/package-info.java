/** Benchmarks against Python's PyTorch: programs, started by {@code bench/run}. */
@NullMarked
package panatorch.bench;

import org.jspecify.annotations.NullMarked;
