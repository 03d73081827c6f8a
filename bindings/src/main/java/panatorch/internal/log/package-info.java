/** How the library says something without being asked. */
@NullMarked
package panatorch.internal.log;

import org.jspecify.annotations.NullMarked;
