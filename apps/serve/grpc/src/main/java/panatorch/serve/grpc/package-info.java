/** The Open Inference Protocol over gRPC. */
@NullMarked
package panatorch.serve.grpc;

import org.jspecify.annotations.NullMarked;
