package panatorch.internal.natives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What {@code NativeNccl} calls, looked up in JavaCPP's natives with CUDA, without a GPU. {@code -Dpanatorch.natives=DIR} names a folder
 * with {@code pytorch-2.13.0-…-linux-x86_64-gpu.jar}.
 */
class NcclNamesTest {
    private static final String CLASSIFIER = "linux-x86_64-gpu", CLASS = "Java_org_bytedeco_pytorch_nccl_ProcessGroupNCCL_";
    private static final List<String> METHODS =
            List.of("00024Options_create__", "shutdown", "abort", "getError", "eagerConnectSingleDevice",
                    "allocate__Lorg_bytedeco_pytorch_Store_2IILorg_bytedeco_pytorch_nccl_ProcessGroupNCCL_00024Options_2");
    private static final List<String> VARIABLES = List.of("TORCH_NCCL_ASYNC_ERROR_HANDLING", "TORCH_NCCL_RETHROW_CUDA_ERRORS",
            "TORCH_NCCL_ENABLE_MONITORING", "TORCH_NCCL_DUMP_ON_TIMEOUT", "TORCH_NCCL_WAIT_TIMEOUT_DUMP_MILSEC");
    /** What the messages of libtorch say that {@code Failures} looks for. */
    private static final List<String> MESSAGES = List.of("NCCL communicator was aborted on rank ");

    @TempDir
    static Path unpacked;

    @BeforeAll static void unpack() throws IOException {
        Path jar = SymbolsTest.jar("pytorch", CLASSIFIER);
        assumeTrue(jar != null, "skipped: name a folder with org.bytedeco's pytorch jar for " + CLASSIFIER + " by -Dpanatorch.natives");
        try (var zip = new ZipFile(jar.toFile())) {
            for (String name : List.of("libjnitorch_nccl.so", "libjnitorch.so", "libtorch_cuda.so")) {
                try (InputStream in = zip.getInputStream(zip.getEntry("org/bytedeco/pytorch/" + CLASSIFIER + "/" + name))) {
                    Files.copy(in, unpacked.resolve(name));
                }
            }
        }
    }

    @Test void javacpps_library_has_the_methods_that_are_called() throws IOException {
        Set<String> exported = new HashSet<>(ExportTable.of(unpacked.resolve("libjnitorch_nccl.so")).exported());
        for (String method : METHODS)
            assertThat(exported)
                    .contains(method.startsWith("00024") ? CLASS.substring(0, CLASS.length() - 1) + "_" + method : CLASS + method);
        assertThat(ExportTable.of(unpacked.resolve("libjnitorch.so")).exported()).contains(
                "Java_org_bytedeco_pytorch_ProcessGroup_setBackend__BBLorg_bytedeco_pytorch_BackendOptional_2",
                "Java_org_bytedeco_pytorch_Backend_00024Options_timeout__Lorg_bytedeco_javacpp_chrono_Milliseconds_2");
    }

    @Test void libtorch_has_what_javacpps_library_calls_of_it() throws IOException {
        var exported = new HashSet<>(ExportTable.of(unpacked.resolve("libtorch_cuda.so")).exported());
        assertThat(exported).contains("_ZN4c10d16ProcessGroupNCCL24eagerConnectSingleDeviceEN3c106DeviceE",
                "_ZN4c10d16ProcessGroupNCCL5abortEv",
                "_ZN4c10d16ProcessGroupNCCL8shutdownEv", "_ZN4c10d16ProcessGroupNCCL8getErrorEv");
        List<String> nccl = ExportTable.of(unpacked.resolve("libjnitorch_nccl.so")).imported().stream()
                .filter(name -> name.contains("ProcessGroupNCCL")).toList();
        assertThat(exported).containsAll(nccl);
        assertThat(nccl).hasSizeGreaterThan(20);
    }

    @Test void libtorch_reads_the_variables_that_keep_its_watchdog_from_ending_the_process() throws IOException {
        var wanted = new HashSet<>(VARIABLES);
        wanted.addAll(MESSAGES);
        try (var in = new BufferedInputStream(Files.newInputStream(unpacked.resolve("libtorch_cuda.so")), 1 << 20)) {
            var text = new StringBuilder();
            for (int b = in.read(); b >= 0 && !wanted.isEmpty(); b = in.read()) {
                if (b != 0) {
                    if (text.length() < 200) text.append((char) b);
                    continue;
                }
                wanted.remove(text.toString());
                text.setLength(0);
            }
        }
        assertThat(wanted).as("texts that libtorch_cuda does not hold").isEmpty();
    }
}
