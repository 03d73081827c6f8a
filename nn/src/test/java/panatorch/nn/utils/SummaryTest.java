package panatorch.nn.utils;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import panatorch.Aten;
import panatorch.BackendFlag;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.models.ResNet;
import panatorch.nn.BatchNorm2d;
import panatorch.nn.Conv2d;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;
import panatorch.nn.attention.SdpaKernel;
import panatorch.profiler.FlopCounter;

@NoTensorLeaks
class SummaryTest {
    @Test void a_model_is_summed_up_by_layers() {
        try (var net = new Sequential(new Conv2d(3, 8, 3), new BatchNorm2d(8), new Sequential(new ReLU()), new ReLU())) {
            net.get(0).requiresGrad(false);
            net.get(1).eval();
            Summary summary = Summary.of(net, 2, 3, 10, 12);
            assertThat(summary.rows()).extracting(Summary.Row::path).containsExactly("", "0", "1", "2", "2.0", "3");
            assertThat(summary.rows()).extracting(Summary.Row::type).containsExactly("Sequential", "Conv2d", "BatchNorm2d", "Sequential",
                    "ReLU",
                    "ReLU");
            assertThat(summary.rows()).allMatch(row -> List.of(2L, 8L, 8L, 10L).equals(row.output()));
            assertThat(summary.rows().get(1).parameters()).isEqualTo(3 * 8 * 9 + 8);
            assertThat(summary.parameters()).isEqualTo(240);
            assertThat(summary.trainable()).isEqualTo(16);
            assertThat(summary.buffers()).isEqualTo(17);
            assertThat(summary.bytes()).isEqualTo(4 * (240 + 16) + 8);
            assertThat(summary.toString()).contains("    ReLU (0)")
                    .endsWith("240 parameters, of which 16 are trainable; 17 numbers in buffers; 0.00 MB");
            assertThat(net.isTraining()).isTrue();
            assertThat(net.get(1).isTraining()).isFalse();
        }
    }

    /** {@code profiler.py} in native-tests prints the numbers with PyTorch 2.13 and torchvision 0.28. */
    @Test void a_resnet_18_counts_as_many_operations_as_in_python() {
        try (var scope = Scope.open(); var net = ResNet.resnet18(ResNet.Stem.IMAGENET, 1000)) {
            net.eval();
            try (var flops = FlopCounter.start()) {
                net.call(Torch.ones(2, 3, 64, 64));
                assertThat(flops.byOperator()).hasToString("{aten::addmm=2048000, aten::convolution=592183296}");
                flops.close();
            }
            try (var flops = FlopCounter.start()) {
                net.call(Torch.ones(2, 3, 64, 64)).sum().backward();
                assertThat(flops.byOperator()).hasToString(
                        "{aten::addmm=2048000, aten::convolution=592183296, aten::convolution_backward=1145831424, aten::mm=4096000}");
            }
            Summary summary = Summary.of(net, 1, 3, 64, 64);
            assertThat(summary.parameters()).isEqualTo(11_689_512);
            net.parameters().forEach(p -> p.setGrad(null));
        }
    }

    @Test void attention_counts_as_in_python() {
        try (var scope = Scope.open(); var products = SdpaKernel.only(BackendFlag.MATH_SDP); var flops = FlopCounter.start()) {
            Tensor q = Torch.ones(2, 4, 10, 16).requiresGrad_(true);
            Aten.scaledDotProductAttention(q, q, q).sum().backward();
            assertThat(flops.byOperator()).hasToString("{aten::bmm=153600}");
        }
    }
}
