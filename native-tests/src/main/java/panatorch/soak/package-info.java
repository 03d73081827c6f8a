/** Programs of many minutes: everything at once without growth, and training that is killed again and again. */
@NullMarked
package panatorch.soak;

import org.jspecify.annotations.NullMarked;
