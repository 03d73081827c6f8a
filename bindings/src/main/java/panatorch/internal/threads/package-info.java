/** Shares the processor's cores among the threads that call operators. Not exported. */
@NullMarked
package panatorch.internal.threads;

import org.jspecify.annotations.NullMarked;
