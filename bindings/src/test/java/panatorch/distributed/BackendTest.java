package panatorch.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import panatorch.Device;
import panatorch.Torch;
import panatorch.cuda.Cuda;
import panatorch.distributed.DistributedException.Reason;
import panatorch.distributed.ProcessGroup.Backend;
import panatorch.internal.library.NativeLibrary;
import panatorch.junit.NoTensorLeaks;

/**
 * The choice of the backend of tensors on GPUs, where there is no GPU; {@code NcclStubTest} of native-tests has two that compute nothing.
 */
@NoTensorLeaks
@Timeout(120)
class BackendTest {
    @TempDir
    Path folder;

    private static RankDevice gpu(Backend backend, int number, String identity) {
        return new RankDevice(backend, Device.cuda(number), identity, null);
    }

    private static final RankDevice NO_GPU = new RankDevice(Backend.NCCL, Device.CPU, "", "this libtorch was built without CUDA");

    @Test void a_group_without_gpus_takes_tensors_on_the_cpu() throws Exception {
        assumeFalse(Cuda.isAvailable(), "skipped: there is a GPU");
        for (Backend backend : List.of(Backend.AUTOMATIC, Backend.GLOO))
            assertThat(Ranks.run(folder, 2, Ranks.OPTIONS.backend(backend), g -> {
                var x = Torch.ones(2).to(g.device());
                g.allReduce(ReduceOp.SUM, x).await();
                g.barrier();
                return g.device() + " " + x.sum().itemFloat();
            })).containsOnly("cpu 4.0");
    }

    @Test void nccl_without_gpus_is_an_error_on_all_ranks_that_says_what_to_do() throws Exception {
        assumeFalse(NativeLibrary.hasCuda(), "skipped: this libtorch has CUDA");
        List<Object> results = Ranks.run(folder, 2, Ranks.OPTIONS.backend(Backend.NCCL), g -> "joined");
        assertThat(results).hasSize(2).allSatisfy(result -> {
            assertThat(result).isInstanceOf(DistributedException.class);
            var e = (DistributedException) result;
            assertThat(e.reason()).isEqualTo(Reason.RENDEZVOUS);
            assertThat(e.getMessage()).startsWith("NCCL cannot be used: rank 0 has no GPU: this libtorch was built without CUDA: add "
                    + "org.bytedeco:pytorch with the classifier");
        });
    }

    @Test void ranks_that_ask_for_different_backends_do_not_form_a_group() throws Exception {
        List<Object> results = Ranks.run(folder, 1, Ranks.OPTIONS, g -> {
            try (var store = Store.file(folder.resolve("other"), 2, Duration.ofSeconds(20))) {
                store.prefixed("default_pg").prefixed("0/").prefixed("panatorch").set("terms", "other".getBytes());
                return ProcessGroup.of(store, 0, 2, Ranks.OPTIONS.backend(Backend.GLOO));
            }
        });
        assertThat(results.getFirst()).isInstanceOf(DistributedException.class);
        assertThat(((DistributedException) results.getFirst()).getMessage()).contains("checks ALL, backend GLOO, libtorch");
    }

    @Test void two_ranks_on_one_gpu_are_named() {
        var described = List.of(gpu(Backend.NCCL, 0, "a").described(), gpu(Backend.NCCL, 0, "b").described(),
                gpu(Backend.NCCL, 1, "a").described());
        assertThatThrownBy(() -> gpu(Backend.NCCL, 0, "b").agreed(described)).isInstanceOf(DistributedException.class)
                .hasMessage(
                        "NCCL cannot be used: ranks 0 and 2 have the same GPU, which is cuda:0 of rank 0 and cuda:1 of rank 2. Start each "
                                + "rank with a LOCAL_RANK of its own, or pass Options.device");
        RankDevice none = gpu(Backend.AUTOMATIC, 0, "b").agreed(described);
        assertThat(none.isGpu()).isFalse();
        assertThat(none.device()).isEqualTo(Device.CPU);
        assertThat(none.problem()).startsWith("ranks 0 and 2 have the same GPU");
    }

    @Test void gpus_of_unknown_identity_are_taken_for_different_ones() {
        RankDevice own = gpu(Backend.NCCL, 0, "");
        assertThat(own.agreed(List.of(own.described(), gpu(Backend.NCCL, 1, "").described()))).isSameAs(own);
    }

    @Test void a_rank_without_a_gpu_is_named() {
        RankDevice own = gpu(Backend.NCCL, 0, "a");
        assertThatThrownBy(() -> own.agreed(List.of(own.described(), NO_GPU.described())))
                .hasMessage("NCCL cannot be used: rank 1 has no GPU: this libtorch was built without CUDA");
    }

    @Test void a_device_that_is_no_numbered_gpu_is_refused() {
        for (Device device : List.of(Device.CPU, Device.CUDA, Device.META))
            assertThatIllegalArgumentException().isThrownBy(() -> Ranks.OPTIONS.device(device))
                    .withMessageContaining("must be a GPU with its number, such as cuda:0, not " + device);
    }

    @Test void tensors_of_other_devices_are_refused_and_the_group_goes_on() throws Exception {
        assertThat(Ranks.run(folder, 2, Ranks.OPTIONS, g -> {
            assertThatIllegalArgumentException().isThrownBy(() -> g.allReduce(ReduceOp.SUM, Torch.ones(2).to(Device.META)))
                    .withMessageContaining("takes strided tensors on the CPU and on GPUs, not float32 [2] on meta");
            g.barrier();
            return "done";
        })).containsOnly("done");
    }
}
