package panatorch.apps.options;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/** Shows the help of a command with many options in sections: the command's own options first, then one section for each mixin. */
public final class OptionSections {
    private OptionSections() {}

    public static void show(CommandLine command) {
        var mixins = new LinkedHashMap<String, CommandSpec>();
        command.getCommandSpec().mixins().forEach((name, mixin) -> {
            if (mixin.mixins().isEmpty()) mixins.put(name, mixin);
            else mixins.putAll(mixin.mixins());
        });
        if (!mixins.isEmpty()) command.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, help -> text(help, mixins));
    }

    private static String text(Help help, Map<String, CommandSpec> mixins) {
        var rest = new ArrayList<>(help.commandSpec().options());
        List<OptionSpec> own = rest.stream()
                .filter(o -> !o.inherited() && mixins.values().stream().noneMatch(m -> m.optionsMap().containsKey(o.longestName())))
                .toList();
        rest.removeAll(own);
        var text = new StringBuilder(own.isEmpty() ? "" : section(help, "Options", own));
        mixins.forEach((name, mixin) -> {
            List<OptionSpec> options = rest.stream().filter(o -> mixin.optionsMap().containsKey(o.longestName())).toList();
            rest.removeAll(options);
            text.append(section(help, name, options));
        });
        return text.append(section(help, "Other", rest)).toString();
    }

    private static String section(Help help, String name, List<OptionSpec> options) {
        Help.Layout layout = help.createDefaultLayout(options, List.of(), help.colorScheme());
        layout.addOptions(options, help.parameterLabelRenderer());
        return "%n%s:%n".formatted(name) + layout;
    }
}
