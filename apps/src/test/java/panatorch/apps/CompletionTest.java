package panatorch.apps;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** Shells that have read what {@code panatorch completion} prints, asked to complete words as at a Tab. */
class CompletionTest {
    /** Calls the function that the shell has for panatorch. bash complains of {@code compopt} outside a real Tab. */
    private static final String ASK = """
            source "$1"
            ask() {
              COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMPREPLY=()
              _complete_panatorch 2> errors
              grep -v compopt errors
              echo "$*:${COMPREPLY[*]}"
            }
            """;
    /** A zsh at a terminal that gets Tabs. */
    private static final String TABS = """
            zmodload zsh/zpty
            zpty z 'TERM=dumb zsh -f -i'
            zpty -w z 'PS1=; autoload -U compinit; compinit -u -d dump; source ./script; echo ready'
            zpty -r z line '*ready*'
            for typed in "$@"; do
              zpty -w -n z "$typed"$'\\t'
              sleep 1
              zpty -w -n z $'\\C-u'
            done
            zpty -w -n z $'exit\\n'
            while zpty -r z line; do print -r -- "$line"; done
            """;

    @TempDir
    static Path folder;

    @BeforeAll static void script() throws IOException {
        Files.writeString(folder.resolve("script"), Calls.of("completion").out());
        Files.writeString(folder.resolve("weights.safetensors"), "");
    }

    private static boolean isThere(String shell) {
        return List.of(System.getenv().getOrDefault("PATH", "").split(":")).stream().anyMatch(p -> Files.isExecutable(Path.of(p, shell)));
    }

    private static List<String> run(String shell, String option, String program, List<String> args) throws Exception {
        Assumptions.assumeTrue(isThere(shell), "there is no " + shell + " on the PATH");
        Path file = Files.writeString(folder.resolve("program." + shell), program), out = folder.resolve("answers");
        var command = new ArrayList<>(List.of(shell, option, file.toString()));
        command.addAll(args);
        Process p = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).redirectOutput(out.toFile()).start();
        assertThat(p.waitFor(1, TimeUnit.MINUTES)).isTrue();
        return Files.readAllLines(out, StandardCharsets.UTF_8);
    }

    /** One answer for each line of words. */
    private static List<String> bash(List<String> lines) throws Exception {
        var program = new StringBuilder(ASK);
        for (String l : lines) program.append("ask ").append(l.endsWith(" ") ? l + "''" : l).append('\n');
        return run("bash", "--norc", program.toString(), List.of("./script"));
    }

    @Test void bash_completes_commands_options_values_and_files() throws Exception {
        assertThat(bash(List.of("panatorch tr", "panatorch train --limit", "panatorch train --model resnet1",
                "panatorch evaluate --checkpoint w", "panatorch predict w", "panatorch reproduce msd-sa"))).containsExactly(
                        "panatorch tr:train", "panatorch train --limit:--limit-train --limit-test",
                        "panatorch train --model resnet1:resnet110 resnet18 resnet101 resnet152",
                        "panatorch evaluate --checkpoint w:weights.safetensors", "panatorch predict w:weights.safetensors",
                        "panatorch reproduce msd-sa:msd-samples");
    }

    @Test void zsh_completes_them_at_a_tab() throws Exception {
        String screen = String.join("\n", run("zsh", "-f", TABS, List.of("panatorch tr", "panatorch train --model resnet3",
                "panatorch evaluate --che", "panatorch evaluate --checkpoint w")));
        assertThat(screen).contains("panatorch train ", "resnet32", "resnet34", "panatorch evaluate --checkpoint ",
                "panatorch evaluate --checkpoint weights.safetensors");
    }

    /** An option's values must not be another's, which is so where both have one label in the help. */
    @Test void every_option_of_names_is_completed_by_its_own() throws Exception {
        var lines = new ArrayList<String>();
        var expected = new ArrayList<String>();
        new CommandLine(new Panatorch()).getSubcommands().forEach((name, command) -> {
            for (OptionSpec o : command.getCommandSpec().options()) {
                if (!(o.type().isEnum())) continue;
                lines.add("panatorch " + name + " " + o.longestName() + " ");
                expected.add(lines.getLast() + ":"
                        + String.join(" ", List.of(o.type().getEnumConstants()).stream().map(Object::toString).toList()));
            }
        });
        assertThat(lines).hasSizeGreaterThan(15);
        assertThat(bash(lines)).isEqualTo(expected);
    }
}
