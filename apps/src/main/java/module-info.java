/** The command line. */
module panatorch.apps {
    requires panatorch.nn;
    requires panatorch.datasets;
    requires panatorch.export;
    requires panatorch.serve.http;
    requires panatorch.serve.micrometer;
    requires panatorch.text;
    requires info.picocli;
    requires com.fasterxml.jackson.databind;
    requires micrometer.core;
    requires micrometer.registry.prometheus;
    requires me.tongfei.progressbar;
    requires org.knowm.xchart;
    requires java.desktop;
    requires java.management;
    requires jdk.jfr;
    requires org.apache.logging.log4j;
    requires static org.jspecify;

    opens panatorch.apps to info.picocli, com.fasterxml.jackson.databind;
    opens panatorch.apps.models to com.fasterxml.jackson.databind;
    opens panatorch.apps.measures to com.fasterxml.jackson.databind;
    opens panatorch.apps.options to info.picocli;
    opens panatorch.apps.reproduce to com.fasterxml.jackson.databind;
    opens panatorch.apps.run to com.fasterxml.jackson.databind;
}
