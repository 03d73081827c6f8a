package panatorch.apps.options;

import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;

/** The options that the user passed. The root command implements it. */
public interface GivenOptions {
    /**
     * Returns the options of {@code command} that stand in the call itself, by their longest names. Options of a file that the call names
     * are not among them.
     */
    Set<String> given(CommandSpec command);
}
