package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import panatorch.Scope;
import panatorch.datasets.Cifar10;
import panatorch.datasets.DataLoader;
import panatorch.datasets.transforms.Normalize;
import panatorch.junit.NoTensorLeaks;
import panatorch.models.CifarResNet;
import panatorch.nn.functional.CrossEntropy;
import panatorch.serialize.StateDicts;
import panatorch.train.Evaluation;
import panatorch.train.Metric;
import panatorch.train.Objective;
import panatorch.train.Placement;

/** Weights that somebody else trained and published, on all of CIFAR-10's test images. */
@NoTensorLeaks
class PretrainedResNet20Test {
    @Test void the_published_resnet20_classifies_as_many_test_images_as_in_python() throws Exception {
        String data = System.getenv("PANATORCH_DATA");
        assumeTrue(data != null, "skipped: set PANATORCH_DATA to the folder of unpacked data");
        Path checkpoint = Path.of(data, "models/pytorch_resnet_cifar10/resnet20-12fca82f.th");
        assumeTrue(Files.isRegularFile(checkpoint), "skipped: PANATORCH_DATA has no " + checkpoint.getFileName());

        try (var test = Cifar10.test(Path.of(data)); var net = new CifarResNet(20, CifarResNet.Shortcut.PAD, 10)) {
            try (var scope = Scope.open()) {
                var report = net.loadStateDict(StateDicts.load(checkpoint), false);
                assertThat(report.unexpected()).isEmpty();
                assertThat(report.missing()).allMatch(name -> name.endsWith("num_batches_tracked")); // older than that buffer
            }
            var imageNet = new Normalize(new double[] {0.485, 0.456, 0.406}, new double[] {0.229, 0.224, 0.225});
            var loader = DataLoader.of(test, 500).transform(imageNet).build();
            var evaluation = new Evaluation(Objective.of(CrossEntropy::crossEntropy), List.of(Metric.ACCURACY), Placement.DEFAULT);
            var means = evaluation.of(net, loader);
            long correct = Math.round(means.get("accuracy") * test.size());
            assertThat(correct).isCloseTo(9173, within(3L));
        }
    }
}
