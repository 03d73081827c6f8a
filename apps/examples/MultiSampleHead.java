import panatorch.*;
import panatorch.datasets.*;
import panatorch.datasets.transforms.Normalize;
import panatorch.nn.*;
import panatorch.nn.dropout.multisample.MultiSampleDropout;
import panatorch.nn.functional.CrossEntropy;
import panatorch.optim.Adam;

// Multi-sample dropout (Inoue 2019, arXiv:1905.09788) on a head of one's own.
//
// The trunk computes the features of a batch once; the head sees them under eight masks in one call, and the eight losses are
// averaged. In evaluation nothing is dropped, so the network is used as any other. Prints the loss of each epoch and the test accuracy.
// Arguments: epochs (5) and training images (2000).

void main(String... args) {
    int epochs = args.length > 0 ? Integer.parseInt(args[0]) : 5;
    int images = args.length > 1 ? Integer.parseInt(args[1]) : 2000;
    Torch.manualSeed(0);
    try (var train = Synthetic.train(); var test = Synthetic.test(500, 0);
            var trunk = new Sequential(new Conv2d(3, 16, 5), new BatchNorm2d(16), new ReLU(), new MaxPool2d(4), new Flatten());
            var head = new Linear(16 * 7 * 7, train.classes());
            var ofTrunk = new Adam(trunk.parameters(), Adam.options(1e-3));
            var ofHead = new Adam(head.parameters(), Adam.options(1e-3))) {
        var method = new MultiSampleDropout(0.3, 8, head); // drops 30 %, eight samples
        var normalize = new Normalize(train.mean(), train.std());
        var loader = DataLoader.of(train.limit(images), 50).shuffle().transform(normalize).build();
        for (int i = 0; i < epochs; i++) {
            double sum = 0;
            try (Epoch epoch = loader.epoch(i)) {
                for (Batch batch : epoch) {
                    try (batch; var scope = Scope.open()) {
                        Tensor loss = method.loss(trunk.call(batch.images()), batch.labels());
                        ofTrunk.zeroGrad();
                        ofHead.zeroGrad();
                        loss.backward();
                        ofTrunk.step();
                        ofHead.step();
                        sum += loss.itemDouble();
                    }
                }
            }
            IO.println(String.format("epoch %d: loss %.3f", i + 1, sum / loader.count()));
        }
        trunk.eval();
        head.eval();
        var whole = DataLoader.of(test, test.size()).transform(normalize).build();
        try (var scope = Scope.open(); var off = NoGrad.enter(); Epoch epoch = whole.epoch(0); Batch all = epoch.iterator().next()) {
            double right = head.call(trunk.call(all.images())).argmax(1).eq(all.labels()).to(DType.FLOAT32).mean().itemDouble();
            IO.println(String.format("test accuracy: %.3f", right));
        }
    }
}
