/** Names of files. */
@NullMarked
package panatorch.internal.files;

import org.jspecify.annotations.NullMarked;
