/**
 * Tools for the output of all commands: printable text, JSON, standard output, exit statuses, and the exceptions whose messages are shown
 * to the user. Knows no command and no option.
 */
@NullMarked
package panatorch.apps.console;

import org.jspecify.annotations.NullMarked;
