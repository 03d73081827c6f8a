/** TorchScript in libtorch's form: loading, calling and saving script modules, for {@code panatorch.jit}. Not exported but to nn. */
@NullMarked
package panatorch.internal.jit;

import org.jspecify.annotations.NullMarked;
