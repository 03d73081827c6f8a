/** Calls of native code with any values, for packages outside {@code panatorch}. Not exported. */
@NullMarked
package panatorch.internal.calls;

import org.jspecify.annotations.NullMarked;
