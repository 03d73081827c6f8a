/** What is of CUDA alone. */
@NullMarked
package panatorch.cuda;

import org.jspecify.annotations.NullMarked;
