/** Opens files by UTF-8 names in any locale. Exported to {@code panatorch.nn} and {@code panatorch.datasets}. */
@NullMarked
package panatorch.internal.files;

import org.jspecify.annotations.NullMarked;
