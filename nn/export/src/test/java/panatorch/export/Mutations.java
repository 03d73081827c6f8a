package panatorch.export;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.TorchException;

/**
 * Loads and runs programs that were damaged at random: in the bytes of the archive, and in the JSON within it, where values are dropped,
 * swapped, and replaced by huge ones. Each has to load or be refused by an exception of a documented class. A program of its own, as a
 * crash would end the process; {@link HostileFilesTest} starts it.
 *
 * <p>
 * Arguments: number of mutations, seed. The last line of the output is {@code done} with the numbers of the outcomes.
 */
final class Mutations {
    private static final Pattern VALUE = Pattern.compile("-?\\d+(\\.\\d+)?(e[+-]?\\d+)?|true|false|null|\"[^\"\\\\]*\"(?!:)");
    private static final Pattern MEMBER = Pattern.compile("\"[a-z_0-9]+\":");
    private static final List<String> STRANGE =
            List.of("0", "-1", "1", "2", "7", "64", "4294967296", "9223372036854775807", "-9223372036854775808",
                    "99999999999999999999999", "1.5", "\"NaN\"", "\"\"", "\"x\"", "null", "true", "[]", "{}", "[1]", "{\"as_none\":true}");
    private static final long LONGEST_MILLIS = 120_000;

    private final Random random;
    private final Path file;
    private final Map<String, Integer> outcomes = new TreeMap<>();

    private Mutations(long seed) throws IOException {
        random = new Random(seed);
        file = Files.createTempFile("mutated", ".pt2");
        file.toFile().deleteOnExit();
    }

    /** Runs mutations. */
    public static void main(String[] arguments) throws Exception {
        int count = Integer.parseInt(arguments[0]);
        var mutations = new Mutations(Long.parseLong(arguments[1]));
        List<String> programs = Programs.names().stream().filter(n -> !n.startsWith("loop")).toList(); // which may not end
        Thread.ofPlatform().daemon().start(mutations::watch);
        for (int i = 0; i < count; i++) mutations.one(programs.get(mutations.random.nextInt(programs.size())), i);
        System.out.println("done " + mutations.outcomes);
        System.exit(0); // whatever a mutated program has left running
    }

    private volatile long began = System.currentTimeMillis();
    private volatile String now = "";

    /** Ends the process if one mutation takes very long. */
    private void watch() {
        try {
            while (System.currentTimeMillis() - began < LONGEST_MILLIS) Thread.sleep(1000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        System.out.println("too long: " + now);
        Runtime.getRuntime().halt(3);
    }

    private void one(String program, int number) throws IOException {
        began = System.currentTimeMillis();
        now = program + " #" + number;
        if (number % 4 == 0) Files.write(file, bytes(Files.readAllBytes(Programs.file(program))));
        else LoadTest.write(file, text(LoadTest.entries(program)));
        String outcome;
        try (var scope = Scope.open(); var noGrad = NoGrad.enter(); var loaded = ExportedProgram.load(file)) {
            outcome = run(loaded, program);
        } catch (IOException | UnsupportedProgramException | IllegalArgumentException e) {
            outcome = e.getClass().getSimpleName();
        }
        outcomes.merge(outcome, 1, Integer::sum);
    }

    private static String run(ExportedProgram loaded, String program) {
        try {
            loaded.signature();
            loaded.code();
            loaded.run(Inputs.of(Programs.inputs(program)));
            return "ran";
        } catch (TorchException | IllegalArgumentException e) {
            return "failed: " + e.getClass().getSimpleName();
        }
    }

    /** Changes some bytes, or cuts the file. */
    private byte[] bytes(byte[] all) {
        if (random.nextInt(8) == 0) return java.util.Arrays.copyOf(all, random.nextInt(all.length));
        for (int i = random.nextInt(4); i >= 0; i--) {
            boolean directory = random.nextBoolean();
            int at = directory ? all.length - 1 - random.nextInt(Math.min(all.length, 900)) : random.nextInt(all.length);
            all[at] = (byte) random.nextInt(256);
        }
        return all;
    }

    /** Changes one of the JSON texts. */
    private Map<String, byte[]> text(Map<String, byte[]> entries) {
        var changed = new LinkedHashMap<>(entries);
        List<String> texts = entries.keySet().stream().filter(n -> n.endsWith(".json")).toList();
        String name = random.nextInt(3) > 0 ? "p/models/model.json" : texts.get(random.nextInt(texts.size()));
        String text = new String(entries.get(name), StandardCharsets.UTF_8);
        for (int i = random.nextInt(3); i >= 0; i--) text = mutated(text);
        changed.put(name, text.getBytes(StandardCharsets.UTF_8));
        return changed;
    }

    private String mutated(String text) {
        List<MatchResult> values = VALUE.matcher(text).results().toList(), members = MEMBER.matcher(text).results().toList();
        if (values.isEmpty() || members.isEmpty()) return text;
        MatchResult v = values.get(random.nextInt(values.size()));
        return switch (random.nextInt(6)) {
            case 0 -> { // a member under another name, which drops it
                MatchResult m = members.get(random.nextInt(members.size()));
                yield text.substring(0, m.start()) + "\"dropped\":" + text.substring(m.end());
            }
            case 1 -> { // a member under the name of another one
                MatchResult m = members.get(random.nextInt(members.size())), other = members.get(random.nextInt(members.size()));
                yield text.substring(0, m.start()) + other.group() + text.substring(m.end());
            }
            case 2, 3 -> { // one value in the place of another
                MatchResult other = values.get(random.nextInt(values.size()));
                yield text.substring(0, v.start()) + other.group() + text.substring(v.end());
            }
            default -> text.substring(0, v.start()) + STRANGE.get(random.nextInt(STRANGE.size())) + text.substring(v.end());
        };
    }
}
