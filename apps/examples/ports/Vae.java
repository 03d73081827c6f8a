import panatorch.*;
import panatorch.distributions.*;
import panatorch.nn.*;
import panatorch.nn.Module;
import panatorch.nn.functional.Reduction;
import panatorch.optim.Adam;

// A variational autoencoder (Kingma and Welling 2013) of 28 × 28 images, each a blurred spot.

static class VAE extends Module {
    final Module fc1 = child("fc1", new Linear(784, 400));
    final Module mean = child("fc21", new Linear(400, 20));
    final Module logVariance = child("fc22", new Linear(400, 20));
    final Module fc3 = child("fc3", new Linear(20, 400));
    final Module fc4 = child("fc4", new Linear(400, 784));

    Normal encode(Tensor x) {
        Tensor h = F.relu(fc1.call(x));
        return Normal.of(mean.call(h), logVariance.call(h).mul(0.5).exp());
    }

    Tensor decode(Tensor z) { return F.sigmoid(fc4.call(F.relu(fc3.call(z)))); }

    Tensor loss(Tensor x) {
        Normal posterior = encode(x);
        Tensor reconstruction = decode(posterior.rsample());
        Tensor bce = F.binaryCrossEntropy(reconstruction, x, Reduction.SUM);
        return bce.add(KL.divergence(posterior, Normal.of(0, 1)).sum());
    }
}

Tensor spots(long n) {
    Tensor centre = Torch.rand(n, 2, 1, 1).mul(16).add(6);
    Tensor width = Torch.rand(n, 1, 1).mul(3).add(1);
    var yx = Aten.meshgrid(List.of(Torch.arange(28), Torch.arange(28)), "ij");
    Tensor square = yx.get(0).sub(centre.select(1, 0)).pow(2).add(yx.get(1).sub(centre.select(1, 1)).pow(2));
    return square.neg().div(width.pow(2)).exp().view(n, 784);
}

void main(String... args) {
    Torch.manualSeed(1);
    try (var scope = Scope.open(); var data = spots(1024); var model = new VAE();
            var optimizer = new Adam(model.parameters(), Adam.options(1e-3))) {
        for (int step = 0; step < (args.length > 0 ? Integer.parseInt(args[0]) : 20); step++) try (var tensors = Scope.open()) {
            Tensor x = data.get(Torch.randint(0, data.size(0), 128));
            optimizer.zeroGrad();
            Tensor loss = model.loss(x);
            loss.backward();
            optimizer.step();
            IO.println(loss.itemDouble() / x.size(0));
        }
    }
}
