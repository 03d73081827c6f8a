import panatorch.*;
import panatorch.distributed.*;
import panatorch.nn.*;
import panatorch.nn.functional.CrossEntropy;
import panatorch.nn.parallel.DataParallel;
import panatorch.optim.Adam;

// Several processes train one perceptron, each on points of its own. It learns which points of a square lie in a circle.
//
// Each rank prints its loss, which is its own, and the network's accuracy and a sum of its weights, which are alike on all ranks.
// A launcher sets RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT; nn/docs/distributed.md shows how to start two ranks by hand.
// An argument sets the number of steps, 300 by default.

void main(String... args) throws InterruptedException {
    int steps = args.length > 0 ? Integer.parseInt(args[0]) : 300;
    try (var group = ProcessGroup.join();
            var net = SyncBatchNorm.convert(new Sequential(new Linear(2, 32), new BatchNorm1d(32), new ReLU(), new Linear(32, 2)), group);
            var parallel = DataParallel.of(net, group); // all ranks take rank 0's weights
            var adam = new Adam(net.parameters(), Adam.options(0.01))) {
        String rank = "rank " + group.rank() + " of " + group.ranks() + ": ";
        Torch.manualSeed(group.rank()); // each rank draws other points
        for (int step = 0; step <= steps; step++) {
            try (var scope = Scope.open()) {
                Tensor points = Torch.rand(64, 2).mul(2).sub(1);
                adam.zeroGrad();
                parallel.beforeForward();
                Tensor loss = CrossEntropy.crossEntropy(net.call(points), inside(points));
                parallel.backward(loss); // averages the gradients over the ranks
                adam.step();
                if (step % 50 == 0 || step == steps) IO.println(rank + "step " + step + ", loss " + loss.itemFloat());
            }
        }
        parallel.syncBuffers();
        try (var scope = Scope.open(); var off = NoGrad.enter()) {
            Tensor points = Torch.rand(1000, 2).mul(2).sub(1);
            Tensor right = net.eval().call(points).argmax(1).eq(inside(points)).to(DType.FLOAT32).mean();
            group.allReduce(ReduceOp.AVG, right).await();
            double weights = net.parameters().stream().mapToDouble(p -> p.sum().itemDouble()).sum();
            IO.println(rank + String.format("accuracy %.3f, sum of weights %.6f", right.itemDouble(), weights));
        }
    }
}

/** Returns 1 for each point in the circle, which covers half the square, and 0 for the others. */
Tensor inside(Tensor points) {
    return points.pow(2).sum(1).lt(2 / Math.PI).to(DType.INT64);
}
