package panatorch.apps.options;

import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;

/** The words of a call, which the root command holds. */
public interface GivenOptions {
    /** Returns the options of {@code command} that stand in the call itself, by their longest names, and not in a file that it names. */
    Set<String> given(CommandSpec command);
}
