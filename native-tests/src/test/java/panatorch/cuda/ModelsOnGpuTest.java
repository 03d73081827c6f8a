package panatorch.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.amp.GradScaler;
import panatorch.amp.Precision;
import panatorch.junit.NoTensorLeaks;
import panatorch.models.AlexNet;
import panatorch.models.AllConv;
import panatorch.models.Bert;
import panatorch.models.CifarResNet;
import panatorch.models.Classifier;
import panatorch.models.CudaConvnetQuick;
import panatorch.models.LeNet5;
import panatorch.models.NiN;
import panatorch.models.ResNet;
import panatorch.models.VGG;
import panatorch.optim.SGD;

/** Every model: what it computes on the CPU, and a step of training in each precision. */
@Gpu
@NoTensorLeaks
class ModelsOnGpuTest {
    private static final int CLASSES = 10, VOCABULARY = 97;
    private static final Map<String, Supplier<Classifier>> MODELS = new LinkedHashMap<>();
    private static final Map<String, long[]> INPUTS = new LinkedHashMap<>();

    private static void put(String name, Supplier<Classifier> model, long... input) {
        MODELS.put(name, model);
        INPUTS.put(name, input);
    }

    static {
        put("resnet18", () -> ResNet.resnet18(ResNet.Stem.IMAGENET, CLASSES), 3, 64, 64);
        put("resnet50", () -> ResNet.resnet50(ResNet.Stem.CIFAR, CLASSES), 3, 32, 32);
        put("resnext50", () -> ResNet.resnext50x32x4d(ResNet.Stem.IMAGENET, CLASSES), 3, 64, 64);
        put("resnet20", () -> new CifarResNet(20, CifarResNet.Shortcut.PAD, CLASSES), 3, 32, 32);
        put("vgg16_bn", () -> new VGG(16, true, VGG.Head.CIFAR, CLASSES), 3, 32, 32);
        put("vgg11", () -> new VGG(11, false, VGG.Head.IMAGENET, CLASSES), 3, 32, 32);
        put("alexnet", () -> new AlexNet(CLASSES), 3, 64, 64);
        put("lenet5", () -> new LeNet5(CLASSES), 1, 28, 28);
        put("cuda_convnet_quick", () -> new CudaConvnetQuick(CLASSES), 3, 32, 32);
        put("nin", () -> new NiN(CLASSES), 3, 32, 32);
        put("all_conv", () -> new AllConv(CLASSES), 3, 32, 32);
        put("bert", () -> new Bert(new Bert.Options(VOCABULARY, 32, 2, 4, 64, 16, 2, 0.1, 0.1, 1e-12, 0), CLASSES), 16);
    }

    static Stream<String> names() { return MODELS.keySet().stream(); }

    private AutoCloseable exactly;

    @BeforeEach void in_full_precision() { exactly = Gpus.exactly(); }

    @AfterEach void as_before() throws Exception { exactly.close(); }

    /** 8 images, or sentences. */
    private static Tensor input(String name) {
        long[] one = INPUTS.get(name), shape = new long[one.length + 1];
        shape[0] = 8;
        System.arraycopy(one, 0, shape, 1, one.length);
        Torch.manualSeed(1);
        return one.length == 1 ? Torch.randint(1, VOCABULARY, shape) : Torch.randn(shape);
    }

    @ParameterizedTest
    @MethodSource("names") void it_computes_what_it_computes_on_the_cpu(String name) {
        Torch.manualSeed(0);
        try (var model = MODELS.get(name).get(); var scope = Scope.open()) {
            model.eval();
            Tensor x = input(name), expected = model.call(x);
            model.to(Gpus.FIRST);
            Tensor actual = model.call(x.to(Gpus.FIRST));
            assertThat(actual.device()).isEqualTo(Gpus.FIRST);
            double scale = expected.abs().max().itemDouble();
            assertThat(actual.cpu().sub(expected).abs().max().itemDouble()).isLessThan(1e-3 * scale);
        }
    }

    @ParameterizedTest
    @MethodSource("names") void it_trains_in_every_precision(String name) {
        for (Precision precision : new Precision[] {Precision.FP32, Precision.BF16, new Precision(DType.FLOAT16, "asked for")}) {
            Torch.manualSeed(0);
            try (var model = MODELS.get(name).get()) {
                model.to(Gpus.FIRST);
                try (var optimizer = new SGD(model.parameters(), SGD.options(0.05).momentum(0.9).fused(true));
                        var scaler = new GradScaler(GradScaler.options().initScale(256).enabled(precision.autocast() == DType.FLOAT16));
                        var scope = Scope.open()) {
                    Tensor before = model.parameters().getFirst().detach().clone(), x = input(name).to(Gpus.FIRST),
                            y = Torch.arange(8).to(Gpus.FIRST);
                    Tensor logits, loss;
                    try (var cast = precision.enter(Gpus.FIRST)) {
                        var result = Gpus.CLASSIFICATION.apply(model, x, y);
                        logits = result.output();
                        loss = result.loss();
                    }
                    if (precision.autocast() != null)
                        assertThat(logits.dtype()).as("the last layer's type in " + precision).isEqualTo(precision.autocast());
                    scaler.scale(loss).backward();
                    scaler.step(optimizer);
                    scaler.update();
                    assertThat(loss.itemDouble()).as("the loss in " + precision).isBetween(0.0, 50.0);
                    assertThat(model.parameters()).as("parameters in " + precision)
                            .allMatch(p -> p.dtype() == DType.FLOAT32 && p.isfinite().all().itemBoolean());
                    assertThat(model.parameters().getFirst().torchEquals(before)).as("that nothing has changed in " + precision).isFalse();
                }
            }
        }
    }
}
