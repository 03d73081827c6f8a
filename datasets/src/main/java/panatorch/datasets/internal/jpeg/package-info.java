/** A decoder of JPEG (ITU-T T.81) whose numbers are those of libjpeg-turbo with its default settings. */
@NullMarked
package panatorch.datasets.internal.jpeg;

import org.jspecify.annotations.NullMarked;
