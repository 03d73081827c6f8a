/** Programs that {@code torch.export} saved, loaded, checked, run and trained. */
module panatorch.export {
    requires transitive panatorch.nn;
    requires com.fasterxml.jackson.core;
    requires static transitive org.jspecify;

    exports panatorch.export;
}
