/**
 * The command line's options and what they stand for: the options of each kind, the values they take (data sets, networks, optimisers,
 * schedules), checks of them, and the configuration file that holds them.
 */
@NullMarked
package panatorch.apps.options;

import org.jspecify.annotations.NullMarked;
