import static panatorch.Index.*;

import panatorch.*;
import panatorch.nn.*;
import panatorch.nn.Module;
import panatorch.nn.functional.Interpolate;
import panatorch.nn.functional.Interpolate.Mode;
import panatorch.optim.*;

// DDPM (Ho, Jain and Abbeel 2020): a small U-Net learns to predict the noise in 16 × 16 images; its average draws samples.

static final int T = 100, WIDTH = 16, BATCH = 16;

static Tensor timestepEmbedding(Tensor t, long dim) {
    Tensor frequencies = Torch.arange(dim / 2).mul(-Math.log(10000)).div(dim / 2).exp();
    Tensor angles = t.unsqueeze(1).to(DType.FLOAT32).mul(frequencies.unsqueeze(0));
    return Aten.cat(List.of(angles.cos(), angles.sin()), -1);
}

static class ResBlock extends Module {
    final Module norm1, conv1, projection, norm2, dropout, conv2, shortcut;

    ResBlock(long in, long out) {
        norm1 = child("norm1", new GroupNorm(8, in));
        conv1 = child("conv1", new Conv2d(in, out, 3, o -> o.padding(1)));
        projection = child("temb_proj", new Linear(4 * WIDTH, out));
        norm2 = child("norm2", new GroupNorm(8, out));
        dropout = child("dropout", new Dropout(0.1));
        conv2 = child("conv2", new Conv2d(out, out, 3, o -> o.padding(1)));
        shortcut = child("shortcut", in != out ? new Conv2d(in, out, 1) : new Identity());
    }

    Tensor forward(Tensor x, Tensor time) {
        Tensor h = conv1.call(F.silu(norm1.call(x)));
        h = h.add(projection.call(F.silu(time)).get(ALL, ALL, NEW_AXIS, NEW_AXIS));
        h = conv2.call(dropout.call(F.silu(norm2.call(h))));
        return shortcut.call(x).add(h);
    }
}

static class UNet extends Module {
    final Module time = child("temb", new Sequential(new Linear(WIDTH, 4 * WIDTH), new SiLU(), new Linear(4 * WIDTH, 4 * WIDTH)));
    final Module in = child("conv_in", new Conv2d(1, WIDTH, 3, o -> o.padding(1)));
    final ResBlock down1 = child("down1", new ResBlock(WIDTH, WIDTH));
    final Module downsample = child("downsample", new Conv2d(WIDTH, WIDTH, 3, o -> o.stride(2).padding(1)));
    final ResBlock down2 = child("down2", new ResBlock(WIDTH, 2 * WIDTH));
    final ResBlock middle = child("mid", new ResBlock(2 * WIDTH, 2 * WIDTH));
    final ResBlock up2 = child("up2", new ResBlock(4 * WIDTH, 2 * WIDTH));
    final Module upsample = child("upsample", new Conv2d(2 * WIDTH, 2 * WIDTH, 3, o -> o.padding(1)));
    final ResBlock up1 = child("up1", new ResBlock(3 * WIDTH, WIDTH));
    final Module out = child("out", new Sequential(new GroupNorm(8, WIDTH), new SiLU(), new Conv2d(WIDTH, 1, 3, o -> o.padding(1))));

    Tensor forward(Tensor x, Tensor t) {
        Tensor embedded = time.call(timestepEmbedding(t, WIDTH));
        Tensor h1 = down1.forward(in.call(x), embedded);
        Tensor h2 = down2.forward(downsample.call(h1), embedded);
        Tensor h = middle.forward(h2, embedded);
        h = up2.forward(Aten.cat(List.of(h, h2), 1), embedded);
        h = upsample.call(F.interpolate(h, Interpolate.by(Mode.NEAREST, 2)));
        h = up1.forward(Aten.cat(List.of(h, h1), 1), embedded);
        return out.call(h);
    }

    @Override protected Module recreate() { return new UNet(); }
}

static class Diffusion {
    final Tensor betas = Torch.linspace(1e-4, 0.02, T);
    final Tensor alphas = betas.rsub(1);
    final Tensor alphasBar = alphas.cumprod(0);

    Tensor loss(UNet model, Tensor x0) {
        Tensor t = Torch.randint(0, T, x0.size(0));
        Tensor noise = x0.randnLike();
        Tensor a = alphasBar.get(t).view(-1, 1, 1, 1);
        Tensor xt = a.sqrt().mul(x0).add(a.rsub(1).sqrt().mul(noise));
        return F.mseLoss(model.forward(xt, t), noise);
    }

    Tensor sample(UNet model, long n) {
        try (var off = NoGrad.enter()) {
            Tensor x = Torch.randn(n, 1, 16, 16);
            for (int t = T - 1; t >= 0; t--) {
                Tensor noise = model.forward(x, Torch.full(new long[] {n}, t, DType.INT64));
                x = x.sub(betas.get(t).div(alphasBar.get(t).rsub(1).sqrt()).mul(noise)).div(alphas.get(t).sqrt());
                if (t > 0) x = x.add(betas.get(t).sqrt().mul(x.randnLike()));
            }
            return x;
        }
    }
}

void main(String... args) {
    Torch.manualSeed(0);
    try (var scope = Scope.open(); var model = new UNet(); var averaged = Module.copyOf(model);
            var images = F.interpolate(Torch.rand(256, 1, 4, 4).mul(2).sub(1), Interpolate.to(Mode.BICUBIC, 16));
            var optimizer = new Adam(model.parameters(), Adam.options(2e-3))) {
        var average = AveragedModel.ema(averaged, 0.9);
        var diffusion = new Diffusion();
        for (int step = 0; step < (args.length > 0 ? Integer.parseInt(args[0]) : 20); step++) try (var tensors = Scope.open()) {
            Tensor loss = diffusion.loss(model, images.get(Torch.randint(0, images.size(0), BATCH)));
            optimizer.zeroGrad();
            loss.backward();
            ClipGrad.norm_(model.parameters(), 1);
            optimizer.step();
            average.update(model);
            IO.println(loss.itemDouble());
        }
        averaged.eval();
        IO.println(diffusion.sample(averaged, 2).square().mean().itemDouble());
    }
}
