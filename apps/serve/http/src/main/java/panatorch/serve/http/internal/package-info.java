/** What the servers of all protocols share: the operations, datatypes, errors, access and limits of the Open Inference Protocol. */
@NullMarked
package panatorch.serve.http.internal;

import org.jspecify.annotations.NullMarked;
