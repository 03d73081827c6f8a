/**
 * The output that people look at: the progress of a run, the table at its end, charts, and the HTML report.
 */
@NullMarked
package panatorch.apps.report;

import org.jspecify.annotations.NullMarked;
