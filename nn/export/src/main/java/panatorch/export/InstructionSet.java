package panatorch.export;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The platform and processor of this machine, compared with those for which code was compiled. Instructions that a processor does not have
 * end the process.
 *
 * @param system the operating system as Python's {@code sys.platform} has it
 * @param features extensions of the instruction set as Linux names them; null where the system does not tell
 */
record InstructionSet(String system, String machine, @Nullable Set<String> features) {
    private static final Path PROCESSORS = Path.of("/proc/cpuinfo");
    /** What Inductor's names stand for. */
    private static final Map<String, List<String>> NAMED = Map.of("avx2", List.of("avx2", "fma"), "avx512",
            List.of("avx512f", "avx512dq", "avx512vl", "avx512bw", "fma"), "neon", List.of("asimd"), "sve256", List.of("sve"));
    private static final Set<String> NONE = Set.of("invalid_vec_isa", "");

    static InstructionSet ofThisMachine() {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        return new InstructionSet(os.startsWith("windows") ? "win32" : os.startsWith("mac") ? "darwin" : os,
                machine(System.getProperty("os.arch")), read());
    }

    private static String machine(String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "amd64", "x86_64", "x86-64" -> "x86_64";
            case "arm64", "aarch64" -> "aarch64";
            default -> name;
        };
    }

    private static @Nullable Set<String> read() {
        try (var lines = Files.lines(PROCESSORS)) {
            String line = lines.filter(l -> l.startsWith("flags") || l.startsWith("Features")).findFirst().orElse(null);
            return line == null ? null : parse(line.substring(line.indexOf(':') + 1));
        } catch (IOException | RuntimeException notLinux) {
            return null;
        }
    }

    /** Returns the words of a line, without the underscores and hyphens that systems and compilers write in different places. */
    static Set<String> parse(String line) {
        var names = new HashSet<String>();
        for (String word : line.strip().split("\\s+")) names.add(plain(word));
        return names;
    }

    private static String plain(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[_.-]", "");
    }

    /**
     * Returns why code cannot run here, or null if nothing speaks against it.
     *
     * @param metadata what AOTInductor says about the code
     * @param flags further extensions that the compiler was told to use
     */
    @Nullable String refusal(Map<String, String> metadata, List<String> flags) {
        String device = metadata.getOrDefault("AOTI_DEVICE_KEY", "cpu");
        if (!device.equals("cpu")) return "it was compiled for the device '" + device + "'; compile it for the CPU";
        String forSystem = metadata.getOrDefault("AOTI_PLATFORM", system), forMachine = metadata.getOrDefault("AOTI_MACHINE", machine);
        if (!forSystem.equals(system) || !machine(forMachine).equals(machine))
            return "it was compiled for " + forSystem + " on " + forMachine + ", and this is " + system + " on " + machine
                    + "; compile it on such a machine";
        if (features == null) return null;
        var missing = new TreeSet<String>();
        for (String name : metadata.getOrDefault("AOTI_CPU_ISA", "").toLowerCase(Locale.ROOT).split("\\s+"))
            if (!NONE.contains(name)) NAMED.getOrDefault(name, List.of(name)).stream().filter(f -> !has(f)).forEach(missing::add);
        flags.stream().filter(f -> !has(f)).forEach(missing::add);
        return missing.isEmpty() ? null
                : "it was compiled for a processor with " + String.join(", ", missing)
                        + ", which this one does not have; compile it on the oldest processor that is to run it";
    }

    private boolean has(String feature) {
        return features == null || features.contains(plain(feature));
    }
}
