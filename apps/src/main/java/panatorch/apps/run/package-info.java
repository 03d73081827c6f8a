/**
 * A run of {@code train} or {@code distill}: what is trained and how, the files of its folder, its log, and its end by Ctrl-C.
 */
@NullMarked
package panatorch.apps.run;

import org.jspecify.annotations.NullMarked;
