package panatorch.amp;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import panatorch.Autocast;
import panatorch.DType;
import panatorch.Device;
import panatorch.cuda.DeviceProperties;

/**
 * The precision of forward passes.
 *
 * @param autocast the lower precision, or null for float32 throughout
 * @param reason reason for the choice, in a few words, for logs
 */
public record Precision(@Nullable DType autocast, String reason) {
    public static final Precision FP32 = new Precision(null, "asked for");
    public static final Precision BF16 = new Precision(DType.BFLOAT16, "asked for");

    /** oneDNN's names of instruction sets without bfloat16. oneDNN ignores names that it does not know. */
    private static final Pattern WITHOUT_BF16 = Pattern.compile("sse41|avx|avx2|avx2_vnni|avx2_vnni_2|avx512_core|avx512_core_vnni"),
            WITHOUT_AMX = Pattern.compile(WITHOUT_BF16 + "|avx512_core_bf16|avx512_core_fp16|avx10_1_512");

    /**
     * Returns bfloat16 if the device has instructions for it, otherwise float32. On Linux the CPU's flags are read. oneDNN, which computes
     * matrix products and convolutions, uses no more than {@code ONEDNN_MAX_CPU_ISA} (formerly {@code DNNL_MAX_CPU_ISA}) allows; without
     * the instructions, bfloat16 is up to a hundred times slower than float32. {@code ATEN_CPU_CAPABILITY} has no effect on it. GPUs have
     * the instructions from compute capability 8.0 on; a GPU of unknown capability is assumed to have them.
     */
    public static Precision auto(Device device) {
        return device.type() == Device.Type.CUDA ? ofGpu(DeviceProperties.of(device)) : ofCpu(cpuFlags(), System.getenv());
    }

    static Precision ofGpu(@Nullable DeviceProperties gpu) {
        if (gpu == null) return new Precision(DType.BFLOAT16, "the GPU's compute capability is unknown; bfloat16 is fast from 8.0 on");
        boolean fast = gpu.major() >= 8;
        return new Precision(fast ? DType.BFLOAT16 : null, "the " + gpu.name() + " has compute capability " + gpu.capability()
                + (fast ? "" : ", but bfloat16 is fast only from 8.0 on"));
    }

    static Precision ofCpu(Set<String> flags, Map<String, String> environment) {
        String variable = Stream.of("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA").filter(environment::containsKey).findFirst().orElse("");
        String limit = environment.getOrDefault(variable, ""), off = null;
        for (String fast : new String[] {"amx_bf16", "avx512_bf16"}) {
            if (!flags.contains(fast)) continue;
            if (!(fast.startsWith("amx") ? WITHOUT_AMX : WITHOUT_BF16).matcher(limit.toLowerCase(Locale.ROOT)).matches())
                return new Precision(DType.BFLOAT16, "the CPU has " + fast);
            off = fast;
        }
        return new Precision(null,
                off == null ? "the CPU has no instructions for bfloat16" : variable + "=" + limit + " switches the CPU's " + off + " off");
    }

    private static Set<String> cpuFlags() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(l -> l.startsWith("flags")).findFirst().stream()
                    .flatMap(l -> Stream.of(l.substring(l.indexOf(':') + 1).trim().split(" "))).collect(Collectors.toSet());
        } catch (IOException e) {
            return Set.of(); // not Linux: the flags are unknown, and float32 is right everywhere
        }
    }

    /**
     * Turns autocast to this precision on for this thread until the result is closed. Returns null for float32, which try-with-resources
     * allows.
     */
    public @Nullable Autocast enter(Device device) { return autocast == null ? null : Autocast.enter(device.type(), autocast); }

    @Override public String toString() { return autocast == null ? "fp32" : autocast == DType.BFLOAT16 ? "bf16" : "fp16"; }
}
