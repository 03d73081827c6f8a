/** Metrics of served models, by Micrometer. */
module panatorch.serve.micrometer {
    requires transitive panatorch.serve;
    requires transitive micrometer.core;
    requires static transitive org.jspecify;

    exports panatorch.serve.micrometer;
}
