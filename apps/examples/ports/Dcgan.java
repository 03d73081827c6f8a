import panatorch.*;
import panatorch.nn.*;
import panatorch.nn.Module;
import panatorch.nn.functional.Interpolate;
import panatorch.nn.init.Init;
import panatorch.optim.Adam;

// DCGAN (Radford, Metz and Chintala 2015) for 32 × 32 images. Prints the losses of the discriminator and the generator.

static final int NZ = 32, NGF = 16, NDF = 16, BATCH = 16;

void weightsInit(Module m) {
    if (m instanceof Convolution c) Init.normal_(c.weight(), 0, 0.02);
    if (m instanceof BatchNorm b) {
        Init.normal_(b.weight(), 1, 0.02);
        Init.zeros_(b.bias());
    }
}

static class Generator extends Module {
    final Module main = child("main", new Sequential(
            new ConvTranspose2d(NZ, NGF * 4, 4, o -> o.bias(false)),
            new BatchNorm2d(NGF * 4),
            new ReLU(true),
            new ConvTranspose2d(NGF * 4, NGF * 2, 4, o -> o.stride(2).padding(1).bias(false)),
            new BatchNorm2d(NGF * 2),
            new ReLU(true),
            new ConvTranspose2d(NGF * 2, NGF, 4, o -> o.stride(2).padding(1).bias(false)),
            new BatchNorm2d(NGF),
            new ReLU(true),
            new ConvTranspose2d(NGF, 3, 4, o -> o.stride(2).padding(1).bias(false)),
            new Tanh()));

    @Override public Tensor forward(Tensor input) { return main.call(input); }
}

static class Discriminator extends Module {
    final Module main = child("main", new Sequential(
            new Conv2d(3, NDF, 4, o -> o.stride(2).padding(1).bias(false)),
            new LeakyReLU(0.2, true),
            new Conv2d(NDF, NDF * 2, 4, o -> o.stride(2).padding(1).bias(false)),
            new BatchNorm2d(NDF * 2),
            new LeakyReLU(0.2, true),
            new Conv2d(NDF * 2, NDF * 4, 4, o -> o.stride(2).padding(1).bias(false)),
            new BatchNorm2d(NDF * 4),
            new LeakyReLU(0.2, true),
            new Conv2d(NDF * 4, 1, 4, o -> o.bias(false)),
            new Sigmoid()));

    @Override public Tensor forward(Tensor input) { return main.call(input).view(-1); }
}

void main(String... args) {
    Torch.manualSeed(999);
    try (var scope = Scope.open(); var real = Torch.ones(BATCH); var fake = Torch.zeros(BATCH);
            var images = F.interpolate(Torch.rand(256, 3, 4, 4).mul(2).sub(1), Interpolate.to(Interpolate.Mode.BILINEAR, 32));
            Module netG = new Generator().apply(this::weightsInit); Module netD = new Discriminator().apply(this::weightsInit);
            var optimizerD = new Adam(netD.parameters(), Adam.options(2e-4).betas(0.5, 0.999));
            var optimizerG = new Adam(netG.parameters(), Adam.options(2e-4).betas(0.5, 0.999))) {
        for (int step = 0; step < (args.length > 0 ? Integer.parseInt(args[0]) : 20); step++) try (var tensors = Scope.open()) {
            // the discriminator: maximise log(D(x)) + log(1 - D(G(z)))
            netD.zeroGrad();
            Tensor lossReal = F.binaryCrossEntropy(netD.call(images.get(Torch.randint(0, images.size(0), BATCH))), real);
            lossReal.backward();
            Tensor drawn = netG.call(Torch.randn(BATCH, NZ, 1, 1));
            Tensor lossFake = F.binaryCrossEntropy(netD.call(drawn.detach()), fake);
            lossFake.backward();
            optimizerD.step();
            // the generator: maximise log(D(G(z)))
            netG.zeroGrad();
            Tensor lossG = F.binaryCrossEntropy(netD.call(drawn), real);
            lossG.backward();
            optimizerG.step();
            IO.println(lossReal.itemDouble() + lossFake.itemDouble() + " " + lossG.itemDouble());
        }
    }
}
