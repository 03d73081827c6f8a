/** Code that AOTInductor compiled, loaded and run. */
@NullMarked
package panatorch.internal.compiled;

import org.jspecify.annotations.NullMarked;
