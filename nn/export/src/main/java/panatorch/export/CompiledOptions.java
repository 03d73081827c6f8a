package panatorch.export;

import org.jspecify.annotations.Nullable;

/**
 * How compiled code is loaded.
 *
 * @param model name of the model in an archive of several; null for the only one
 * @param runners number of calls that run at once, at least 1; further ones wait. All share the weights
 */
public record CompiledOptions(@Nullable String model, int runners) {
    /** @throws IllegalArgumentException if there is no runner */
    public CompiledOptions {
        if (runners < 1) throw new IllegalArgumentException("compiled code needs 1 runner or more, not " + runners);
    }

    /** Returns the options of {@link CompiledProgram#load(java.nio.file.Path)}: the only model, with a runner for each processor. */
    public static CompiledOptions standard() {
        return new CompiledOptions(null, Runtime.getRuntime().availableProcessors());
    }

    public CompiledOptions model(String model) { return new CompiledOptions(model, runners); }

    public CompiledOptions runners(int runners) { return new CompiledOptions(model, runners); }
}
