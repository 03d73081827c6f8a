/** Models over the network: the Open Inference Protocol on HTTP. */
module panatorch.serve.http {
    requires transitive panatorch.serve;
    requires com.fasterxml.jackson.core;
    requires io.helidon.common.pki;
    requires io.helidon.webserver;
    requires io.helidon.webserver.http2;
    requires org.apache.logging.log4j;
    requires static transitive org.jspecify;

    exports panatorch.serve.http;
}
