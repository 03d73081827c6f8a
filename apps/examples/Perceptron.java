import panatorch.*;
import panatorch.nn.*;
import panatorch.nn.functional.CrossEntropy;
import panatorch.optim.Adam;

// A multi-layer perceptron learns which points of a square lie in a circle.
//
// The loop is PyTorch's: forward, loss, zero gradients, backward, step. Prints the loss as it falls, and the accuracy on new points.
// An argument sets the number of steps, 300 by default.

void main(String... args) {
    int steps = args.length > 0 ? Integer.parseInt(args[0]) : 300;
    Torch.manualSeed(0);
    try (var net = new Sequential(new Linear(2, 32), new ReLU(), new Linear(32, 32), new ReLU(), new Linear(32, 2));
            var adam = new Adam(net.parameters(), Adam.options(0.01))) {
        IO.println(net + "\n" + net.parameterCount() + " parameters");
        for (int step = 0; step <= steps; step++) {
            try (var scope = Scope.open()) { // the tensors of one step
                Tensor points = Torch.rand(128, 2).mul(2).sub(1);
                Tensor loss = CrossEntropy.crossEntropy(net.call(points), inside(points));
                adam.zeroGrad();
                loss.backward();
                adam.step();
                if (step % 50 == 0 || step == steps) IO.println("step " + step + ": loss " + loss.itemFloat());
            }
        }
        try (var scope = Scope.open(); var off = NoGrad.enter()) {
            Tensor points = Torch.rand(2000, 2).mul(2).sub(1);
            double right = net.eval().call(points).argmax(1).eq(inside(points)).to(DType.FLOAT32).mean().itemDouble();
            IO.println(String.format("accuracy on new points: %.3f", right));
        }
    }
}

/** Returns 1 for each point in the circle, which covers half the square, and 0 for the others. */
Tensor inside(Tensor points) {
    return points.pow(2).sum(1).lt(2 / Math.PI).to(DType.INT64);
}
