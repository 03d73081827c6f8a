import panatorch.*;
import panatorch.amp.*;
import panatorch.cuda.Cuda;
import panatorch.nn.*;
import panatorch.nn.functional.CrossEntropy;
import panatorch.optim.SGD;

// Mixed precision: forward passes compute in bfloat16 or float16, weights and optimiser stay float32.
//
// The same training runs in float32, in bfloat16, and in float16 with a GradScaler, which multiplies the loss so that small gradients
// do not vanish in float16, and leaves out steps whose gradients overflowed. Prints the loss at the end of each, and what
// Precision.auto would choose on this device. An argument sets the number of steps, 100 by default.

void main(String... args) {
    int steps = args.length > 0 ? Integer.parseInt(args[0]) : 100;
    Device device = Cuda.isAvailable() ? Device.CUDA : Device.CPU;
    Precision best = Precision.auto(device);
    IO.println("best precision here: " + best + ", since " + best.reason());
    train(Precision.FP32, device, steps);
    train(Precision.BF16, device, steps);
    train(new Precision(DType.FLOAT16, "to show the scaler"), device, steps);
}

void train(Precision precision, Device device, int steps) {
    Torch.manualSeed(0); // the same weights and data each time
    try (var net = new Sequential(new Linear(16, 64), new ReLU(), new Linear(64, 4));
            var scaler = new GradScaler(GradScaler.options().enabled(precision.autocast() == DType.FLOAT16))) {
        net.to(device);
        double first = 0, last = 0;
        String logits = "";
        try (var sgd = new SGD(net.parameters(), SGD.options(0.1).momentum(0.9))) {
            for (int step = 0; step < steps; step++) {
                try (var scope = Scope.open()) {
                    Tensor x = Torch.randn(64, 16).to(device), y = x.narrow(1, 0, 4).argmax(1);
                    Tensor loss;
                    try (var cast = precision.enter(device)) { // null, and so nothing, for float32
                        Tensor out = net.call(x);
                        logits = out.dtype().toString();
                        loss = CrossEntropy.crossEntropy(out, y);
                    }
                    sgd.zeroGrad();
                    scaler.scale(loss).backward(); // without autocast, as in PyTorch
                    scaler.step(sgd);
                    scaler.update();
                    last = loss.itemDouble();
                    if (step == 0) first = last;
                }
            }
        }
        String scale = scaler.isEnabled() ? ", scale " + scaler.currentScale() : "";
        IO.println(String.format("%s: logits are %s, loss %.3f → %.3f%s", precision, logits, first, last, scale));
    }
}
