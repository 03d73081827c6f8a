import panatorch.*;
import panatorch.cuda.*;
import panatorch.nn.*;
import panatorch.nn.functional.CrossEntropy;
import panatorch.optim.SGD;
import panatorch.train.GraphedStep;
import panatorch.train.Objective;

// A training step as a CUDA graph: a small network's kernels are started by one call instead of one by one.
//
// Trains twice from the same weights on the same batches, eagerly and by GraphedStep, and prints both losses and the time of a step.
// Needs a GPU, and says so where there is none. An argument sets the number of steps, 200 by default.

void main(String... args) {
    int steps = args.length > 0 ? Integer.parseInt(args[0]) : 200;
    if (!CudaGraph.isAvailable()) {
        IO.println("There is no GPU that libtorch can use, and a CUDA graph needs one.");
        return;
    }
    train(steps, false);
    train(steps, true);
}

void train(int steps, boolean graphed) {
    Torch.manualSeed(0);
    Objective objective = Objective.of(CrossEntropy::crossEntropy);
    try (var net = new Sequential(new Linear(64, 256), new ReLU(), new Linear(256, 256), new ReLU(), new Linear(256, 10))) {
        net.to(Device.CUDA);
        try (var sgd = new SGD(net.parameters(), SGD.options(0.05).momentum(0.9).fused(true));
                var step = new GraphedStep(net, sgd, objective, GraphedStep.options());
                var first = Event.timing();
                var last = Event.timing()) {
            double loss = 0;
            Stream stream = Stream.current(Device.CUDA);
            for (int i = 0; i < steps; i++) {
                try (var scope = Scope.open()) {
                    Tensor x = Torch.randn(128, 64).to(Device.CUDA), y = x.narrow(1, 0, 10).argmax(1);
                    if (i == steps / 2) first.record(stream); // by then libraries have started and the step is recorded
                    Tensor of;
                    if (graphed) {
                        of = step.run(x, y).loss();
                    } else {
                        of = objective.apply(net, x, y).loss();
                        sgd.zeroGrad();
                        of.backward();
                        sgd.step();
                    }
                    if (i == steps - 1) loss = of.itemDouble(); // reading a number waits for the GPU: once, not in each step
                }
            }
            last.record(stream);
            last.synchronize();
            double millis = first.elapsedTime(last) / (steps - steps / 2);
            IO.println(String.format("%s: loss %.4f, %.3f ms a step", graphed ? "graph" : "eager", loss, millis));
        }
    }
}
