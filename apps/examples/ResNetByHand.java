import java.nio.file.Path;
import panatorch.*;
import panatorch.datasets.*;
import panatorch.datasets.transforms.*;
import panatorch.nn.*;
import panatorch.nn.Module;
import panatorch.nn.functional.CrossEntropy;
import panatorch.optim.CosineAnnealingLR;
import panatorch.optim.SGD;

// ResNet-20 for images of 32×32 (He et al. 2015, arXiv:1512.03385, section 4.2), with blocks, loop and evaluation written out.
//
// Trains on CIFAR-10 where PANATORCH_DATA names the folder that holds it, else on built-in images of ten shapes.
// Prints the loss and the test accuracy of each epoch. Arguments: epochs (3) and images of each set (1000).

void main(String... args) {
    int epochs = args.length > 0 ? Integer.parseInt(args[0]) : 3;
    int images = args.length > 1 ? Integer.parseInt(args[1]) : 1000;
    String folder = System.getenv("PANATORCH_DATA");
    Torch.manualSeed(0);
    try (Dataset train = folder == null ? Synthetic.train() : Cifar10.train(Path.of(folder));
            Dataset test = folder == null ? Synthetic.test() : Cifar10.test(Path.of(folder));
            var net = new ResNet20(train.classes());
            var sgd = new SGD(net.parameters(), SGD.options(0.05).momentum(0.9).weightDecay(1e-4))) {
        var normalize = new Normalize(train.mean(), train.std());
        var augment = Compose.of(new RandomCrop(32, 4), new RandomHorizontalFlip(0.5), normalize);
        var trainLoader = DataLoader.of(train.limit(images), 32).shuffle().transform(augment).build();
        var testLoader = DataLoader.of(test.limit(images), 250).transform(normalize).build();
        var cosine = new CosineAnnealingLR(sgd, epochs * trainLoader.batches());

        for (int epoch = 0; epoch < epochs; epoch++) {
            net.train();
            double sum = 0;
            try (Epoch batches = trainLoader.epoch(epoch)) {
                for (Batch batch : batches) {
                    try (batch; var scope = Scope.open()) {
                        Tensor loss = CrossEntropy.crossEntropy(net.call(batch.images()), batch.labels());
                        sgd.zeroGrad();
                        loss.backward();
                        sgd.step();
                        cosine.step();
                        sum += loss.itemDouble();
                    }
                }
            }
            double loss = sum / trainLoader.batches();
            IO.println(String.format("epoch %d: loss %.3f, test accuracy %.3f", epoch + 1, loss, accuracy(net, testLoader)));
        }
    }
}

double accuracy(Module net, DataLoader loader) {
    net.eval();
    long right = 0, all = 0;
    try (var off = NoGrad.enter(); Epoch batches = loader.epoch(0)) {
        for (Batch batch : batches) {
            try (batch; var scope = Scope.open()) {
                right += net.call(batch.images()).argmax(1).eq(batch.labels()).sum().itemLong();
                all += batch.size();
            }
        }
    }
    return (double) right / all;
}

/** Three stages of three blocks, of 16, 32 and 64 channels; the first block of the later stages halves the maps. */
static final class ResNet20 extends Module {
    private final Sequential layers;

    ResNet20(int classes) {
        layers = child("layers", new Sequential(conv(3, 16, 1), new BatchNorm2d(16), new ReLU(),
                new Block(16, 16, 1), new Block(16, 16, 1), new Block(16, 16, 1),
                new Block(16, 32, 2), new Block(32, 32, 1), new Block(32, 32, 1),
                new Block(32, 64, 2), new Block(64, 64, 1), new Block(64, 64, 1),
                new AdaptiveAvgPool2d(1), new Flatten(), new Linear(64, classes)));
    }

    @Override public Tensor forward(Tensor images) { return layers.call(images); }
}

/** Two 3×3 convolutions beside a shortcut: relu(bn(conv(relu(bn(conv(x))))) + shortcut(x)). */
static final class Block extends Module {
    private final Sequential residual, shortcut;

    Block(int in, int out, int stride) {
        residual = child("residual", new Sequential(conv(in, out, stride), new BatchNorm2d(out), new ReLU(),
                conv(out, out, 1), new BatchNorm2d(out)));
        shortcut = child("shortcut", in == out ? new Sequential()
                : new Sequential(new Conv2d(Conv2d.options(in, out, 1).stride(stride).bias(false)), new BatchNorm2d(out)));
    }

    @Override public Tensor forward(Tensor x) { return residual.call(x).add(shortcut.call(x)).relu(); }
}

static Conv2d conv(int in, int out, int stride) {
    return new Conv2d(Conv2d.options(in, out, 3).stride(stride).padding(1).bias(false));
}
