import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import panatorch.*;
import panatorch.datasets.*;
import panatorch.datasets.transforms.Normalize;
import panatorch.nn.*;
import panatorch.nn.functional.CrossEntropy;
import panatorch.optim.Adam;
import panatorch.serialize.Safetensors;

// Fine-tuning: weights come from a safetensors file, the head is new, and only the head is trained.
//
// First a small network learns the ten built-in shapes and is saved, so that there is a file to start from. Then another
// network takes the file's trunk and learns a new task from few images: is the shape one of the first five? A trunk that was
// not trained shows what the file is worth. Prints the accuracy on both. Arguments: epochs of the first training (3), epochs of
// fine-tuning (10).

void main(String... args) throws IOException {
    int before = args.length > 0 ? Integer.parseInt(args[0]) : 3;
    int tuning = args.length > 1 ? Integer.parseInt(args[1]) : 10;
    Path file = Files.createTempFile("pretrained", ".safetensors");
    Torch.manualSeed(0);
    try (var train = Synthetic.train(); var few = Synthetic.train(500, 7); var test = Synthetic.test()) {
        try (var net = new Sequential(trunk(), new Linear(32 * 16, 10))) {
            fit(net, train, before, false);
            Safetensors.save(file, net.stateDict(), Map.of("task", "ten shapes"));
            IO.println(String.format("ten shapes: accuracy %.3f", accuracy(net, test, false)));
        }
        try (var loaded = new Sequential(trunk(), new Linear(32 * 16, 2));
                var fresh = new Sequential(trunk(), new Linear(32 * 16, 2))) {
            try (var scope = Scope.open()) {
                Map<String, Tensor> state = Safetensors.load(file); // "0.0.weight", …: names of PyTorch
                state.keySet().removeIf(name -> name.startsWith("1.")); // the head of the other task
                IO.println("not in the file: " + loaded.loadStateDict(state, false).missing());
            }
            for (var net : new Sequential[] {loaded, fresh}) {
                net.get(0).requiresGrad(false); // the trunk stays as it is
                fit(net, few, tuning, true);
                String which = net == loaded ? "loaded" : "untrained";
                IO.println(String.format("first five or not, %s trunk: accuracy %.3f", which, accuracy(net, test, true)));
            }
        }
    } finally {
        Files.delete(file);
    }
}

Sequential trunk() {
    return new Sequential(new Conv2d(Conv2d.options(3, 16, 3).padding(1)), new BatchNorm2d(16), new ReLU(), new MaxPool2d(2),
            new Conv2d(Conv2d.options(16, 32, 3).padding(1)), new BatchNorm2d(32), new ReLU(), new MaxPool2d(4), new Flatten());
}

Tensor target(Batch batch, boolean binary) { return binary ? batch.labels().lt(5).to(DType.INT64) : batch.labels(); }

DataLoader.Builder loader(Dataset set) { return DataLoader.of(set, 50).transform(new Normalize(set.mean(), set.std())); }

void fit(Sequential net, Dataset set, int epochs, boolean binary) {
    var trained = net.parameters().stream().filter(Tensor::requiresGrad).toList();
    var loader = loader(set).shuffle().build();
    try (var adam = new Adam(trained, Adam.options(1e-3))) {
        for (int i = 0; i < epochs; i++) {
            net.get(0).train(!binary); // a frozen trunk keeps its averages of batch normalisation, too
            try (Epoch epoch = loader.epoch(i)) {
                for (Batch batch : epoch) {
                    try (batch; var scope = Scope.open()) {
                        adam.zeroGrad();
                        CrossEntropy.crossEntropy(net.call(batch.images()), target(batch, binary)).backward();
                        adam.step();
                    }
                }
            }
        }
    }
}

double accuracy(Sequential net, Dataset set, boolean binary) {
    net.eval();
    long right = 0;
    try (var off = NoGrad.enter(); Epoch epoch = loader(set).build().epoch(0)) {
        for (Batch batch : epoch) {
            try (batch; var scope = Scope.open()) {
                right += net.call(batch.images()).argmax(1).eq(target(batch, binary)).sum().itemLong();
            }
        }
    }
    return (double) right / set.size();
}
