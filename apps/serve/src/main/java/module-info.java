/** Serving of models within an application: batches, deadlines, priorities, and versions that are replaced while they run. */
module panatorch.serve {
    requires transitive panatorch.export;
    requires jdk.jfr;
    requires static transitive org.jspecify;

    exports panatorch.serve;
}
