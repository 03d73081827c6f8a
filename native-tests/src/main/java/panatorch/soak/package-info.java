/** Programs that run for many minutes: everything at once without growth of memory, and training that is killed again and again. */
@NullMarked
package panatorch.soak;

import org.jspecify.annotations.NullMarked;
