import panatorch.*;
import panatorch.nn.*;
import panatorch.nn.dropout.montecarlo.MonteCarlo;
import panatorch.optim.Adam;

// Monte-Carlo dropout (Gal & Ghahramani 2016, arXiv:1506.02142): a network says how sure it is.
//
// It learns sin(3x) for x in [−1, 1], with dropout. Then 200 predictions with dropout on give a mean and a standard
// deviation at each x, which grows with the distance from the data. An argument sets the number of steps, 1000 by default.

void main(String... args) {
    int steps = args.length > 0 ? Integer.parseInt(args[0]) : 1000;
    Torch.manualSeed(0);
    try (var net = new Sequential(new Linear(1, 64), new ReLU(), new Dropout(0.1),
            new Linear(64, 64), new ReLU(), new Dropout(0.1), new Linear(64, 1));
            var adam = new Adam(net.parameters(), Adam.options(3e-3))) {
        for (int step = 0; step <= steps; step++) {
            try (var scope = Scope.open()) {
                Tensor x = Torch.rand(128, 1).mul(2).sub(1), y = x.mul(3).sin().add(Torch.randn(128, 1).mul(0.05));
                Tensor loss = Aten.mseLoss(net.call(x), y);
                adam.zeroGrad();
                loss.backward();
                adam.step();
                if (step % 200 == 0 || step == steps) IO.println("step " + step + ": loss " + loss.itemFloat());
            }
        }
        try (var scope = Scope.open()) {
            Tensor x = Torch.linspace(-4, 4, 17).unsqueeze(1);
            var prediction = MonteCarlo.moments(net, x, MonteCarlo.options(200).chunk(200));
            double[] mean = prediction.mean().flatten().toDoubleArray();
            double[] std = prediction.variance().sqrt().flatten().toDoubleArray();
            double known = 0, unknown = 0;
            IO.println("     x    sin(3x)     mean      std");
            for (int i = 0; i < 17; i++) {
                double at = -4 + 0.5 * i;
                String data = Math.abs(at) <= 1 ? "   data" : "";
                IO.println(String.format("%6.1f %9.3f %9.3f %8.3f%s", at, Math.sin(3 * at), mean[i], std[i], data));
                if (Math.abs(at) <= 1) known += std[i] / 5;
                if (Math.abs(at) >= 3) unknown += std[i] / 6;
            }
            IO.println(String.format("std on average: %.3f with data, %.3f far from them", known, unknown));
        }
    }
}
