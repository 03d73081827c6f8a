package panatorch.amp;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import panatorch.Autocast;
import panatorch.DType;
import panatorch.Device;

/**
 * The precision that forward passes compute in.
 *
 * @param autocast the lower precision, or null for float32 throughout
 * @param reason why, in a few words
 */
public record Precision(@Nullable DType autocast, String reason) {
    public static final Precision FP32 = new Precision(null, "asked for");
    public static final Precision BF16 = new Precision(DType.BFLOAT16, "asked for");

    /**
     * bfloat16 where the device has instructions for it, else float32. Of a CPU that is told by Linux; a GPU is taken to be of compute
     * capability 8.0 or above.
     */
    public static Precision auto(Device device) {
        if (device.type() == Device.Type.CUDA) return new Precision(DType.BFLOAT16, "the GPU computes fast in bfloat16");
        return ofCpu(cpuFlags());
    }

    static Precision ofCpu(Set<String> flags) {
        for (String fast : new String[] {"amx_bf16", "avx512_bf16"}) {
            if (flags.contains(fast)) return new Precision(DType.BFLOAT16, "the CPU has " + fast);
        }
        return new Precision(null, "the CPU has no instructions for bfloat16");
    }

    private static Set<String> cpuFlags() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(l -> l.startsWith("flags")).findFirst().stream().flatMap(l -> Stream.of(l.substring(l.indexOf(':') + 1).trim().split(" "))).collect(Collectors.toSet());
        } catch (IOException e) {
            return Set.of(); // another system than Linux: nothing is known, float32 is right everywhere
        }
    }

    /** A guard in which this precision holds on this thread; null where there is nothing to guard, which try-with-resources allows. */
    public @Nullable Autocast enter(Device device) { return autocast == null ? null : Autocast.enter(device.type(), autocast); }

    @Override public String toString() { return autocast == null ? "fp32" : autocast == DType.BFLOAT16 ? "bf16" : "fp16"; }
}
