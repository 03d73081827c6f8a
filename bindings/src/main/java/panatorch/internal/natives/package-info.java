/** The native functions that PanaTorch calls, and the only ways to call them and to be called by them. Not exported. */
@NullMarked
package panatorch.internal.natives;

import org.jspecify.annotations.NullMarked;
