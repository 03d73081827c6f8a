/** Models over the network: the Open Inference Protocol on HTTP. */
@SuppressWarnings("module") // the one that sees the internal package is compiled later
module panatorch.serve.http {
    requires transitive panatorch.serve;
    requires com.fasterxml.jackson.core;
    requires io.helidon.common.pki;
    requires io.helidon.webserver;
    requires io.helidon.webserver.http2;
    requires org.apache.logging.log4j;
    requires static transitive org.jspecify;

    uses panatorch.serve.http.internal.GrpcServerProvider;

    exports panatorch.serve.http;
    exports panatorch.serve.http.internal to panatorch.serve.grpc;
}
