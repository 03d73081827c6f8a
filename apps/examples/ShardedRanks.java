import java.nio.file.*;
import java.util.*;
import panatorch.*;
import panatorch.distributed.*;
import panatorch.distributed.checkpoint.*;
import panatorch.distributed.fsdp.*;
import panatorch.nn.*;
import panatorch.nn.functional.CrossEntropy;
import panatorch.optim.AdamW;

// Several processes train one perceptron, of whose parameters each keeps only some rows. It learns which points of a square lie in a
// circle.
//
// At the end each rank writes its rows to a checkpoint, and reads it as a process of its own would: as a whole.
// A launcher sets RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT; nn/docs/distributed.md shows how to start two ranks by hand.
// The arguments are the number of steps, 300 by default, and the folder of the checkpoint, sharded by default.

void main(String... args) throws Exception {
    int steps = args.length > 0 ? Integer.parseInt(args[0]) : 300;
    Path folder = Path.of(args.length > 1 ? args[1] : "sharded");
    try (var group = ProcessGroup.join();
            var net = network();
            var sharded = FullyShardedDataParallel.of(net, group, m -> m instanceof Linear); // each layer is gathered by itself
            var adam = new AdamW(net.parameters(), AdamW.options(0.01))) {
        String rank = "rank " + group.rank() + " of " + group.ranks() + ": ";
        Torch.manualSeed(group.rank()); // each rank draws other points
        for (int step = 0; step <= steps; step++) {
            try (var scope = Scope.open()) {
                Tensor points = Torch.rand(64, 2).mul(2).sub(1);
                adam.zeroGrad();
                Tensor loss = CrossEntropy.crossEntropy(net.call(points), inside(points));
                sharded.backward(loss); // each rank gets the mean gradient of its rows
                adam.step();
                if (step % 50 == 0 || step == steps) IO.println(rank + "step " + step + ", loss " + loss.itemFloat());
            }
        }
        sharded.save(folder, adam, Map.of("steps", steps));
        double accuracy = accuracy(net);
        long own = net.parameters().stream().mapToLong(Tensor::numel).sum();
        try (var scope = Scope.open(); var whole = network()) {
            @SuppressWarnings("unchecked") var model = (Map<String, Tensor>) ShardedCheckpoint.load(folder).get("model");
            whole.loadStateDict(model);
            IO.println(rank + String.format(Locale.ROOT, "accuracy %.3f; of %,d parameters %,d are here; read by one process: %s", accuracy,
                    whole.parameterCount(), own, accuracy(whole) == accuracy ? "the same accuracy" : "another accuracy"));
        }
    }
}

Sequential network() {
    return new Sequential(new Linear(2, 32), new ReLU(), new Linear(32, 32), new ReLU(), new Linear(32, 2));
}

double accuracy(panatorch.nn.Module net) {
    Torch.manualSeed(7);
    try (var scope = Scope.open(); var off = NoGrad.enter()) {
        Tensor points = Torch.rand(1000, 2).mul(2).sub(1);
        return net.call(points).argmax(1).eq(inside(points)).to(DType.FLOAT32).mean().itemDouble();
    }
}

/** Returns 1 for each point in the circle, which covers half the square, and 0 for the others. */
Tensor inside(Tensor points) {
    return points.pow(2).sum(1).lt(2 / Math.PI).to(DType.INT64);
}
