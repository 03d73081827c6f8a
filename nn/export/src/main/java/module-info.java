/** Programs that {@code torch.export} saved, loaded, checked, run and trained, and texts that they generate. */
module panatorch.export {
    requires transitive panatorch.nn;
    requires com.fasterxml.jackson.core;
    requires static transitive org.jspecify;

    exports panatorch.export;
    exports panatorch.generation;
}
