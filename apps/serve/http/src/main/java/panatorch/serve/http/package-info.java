/** Models over the network: the Open Inference Protocol on HTTP. */
@NullMarked
package panatorch.serve.http;

import org.jspecify.annotations.NullMarked;
