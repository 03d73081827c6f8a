import panatorch.*;
import panatorch.nn.Module;
import panatorch.optim.Adam;

// Gaussian process regression in float64 (Rasmussen and Williams 2006, algorithm 2.1) by the Cholesky factor of the kernel's matrix.
//
// A step is one of Adam on the negative log marginal likelihood. Prints it, and the posterior's error and mean deviation at new points.

record Factor(Tensor l, Tensor alpha) {}

record Posterior(Tensor mean, Tensor variance) {}

static class ExactGP extends Module {
    final Tensor x, y, logLengthscale, logScale, logNoise;

    ExactGP(Tensor x, Tensor y) {
        this.x = buffer("x", x);
        this.y = buffer("y", y);
        logLengthscale = parameter("log_lengthscale", Torch.zeros(x.size(1)));
        logScale = parameter("log_scale", Torch.zeros());
        logNoise = parameter("log_noise", Torch.scalar(-2));
    }

    Tensor kernel(Tensor a, Tensor b) {
        Tensor lengthscale = logLengthscale.exp();
        Tensor square = a.div(lengthscale).unsqueeze(1).sub(b.div(lengthscale).unsqueeze(0)).pow(2).sum(-1);
        return logScale.exp().mul(square.mul(-0.5).exp());
    }

    /** The factor L of K + σ²I = L Lᵀ, and α = (K + σ²I)⁻¹ y. */
    Factor factor() {
        Tensor l = Linalg.cholesky(kernel(x, x).add(logNoise.exp().mul(Torch.eye(x.size(0)))));
        return new Factor(l, y.unsqueeze(1).choleskySolve(l));
    }

    Tensor loss() {
        var f = factor();
        Tensor fit = y.matmul(f.alpha.squeeze(1)).mul(0.5);
        return fit.add(f.l.diagonal().log().sum()).add(0.5 * y.size(0) * Math.log(2 * Math.PI)).div(y.size(0));
    }

    Posterior posterior(Tensor points) {
        try (var off = NoGrad.enter()) {
            var f = factor();
            Tensor k = kernel(x, points);
            Tensor v = Linalg.solveTriangular(f.l, k, false);
            return new Posterior(k.t().matmul(f.alpha).squeeze(1), logScale.exp().sub(v.pow(2).sum(0)));
        }
    }
}

Tensor function(Tensor x) { return x.select(1, 0).mul(3).sin().add(x.select(1, 1).pow(2)); }

void main(String... args) {
    Torch.setDefaultDtype(DType.FLOAT64);
    Torch.manualSeed(0);
    try (var scope = Scope.open(); var x = Torch.rand(200, 2).mul(4).sub(2); var points = Torch.rand(50, 2).mul(4).sub(2);
            var gp = new ExactGP(x, function(x).add(Torch.randn(200).mul(0.1)));
            var optimizer = new Adam(gp.parameters(), Adam.options(0.1))) {
        for (int step = 0; step < (args.length > 0 ? Integer.parseInt(args[0]) : 20); step++) try (var tensors = Scope.open()) {
            optimizer.zeroGrad();
            Tensor loss = gp.loss();
            loss.backward();
            optimizer.step();
            var posterior = gp.posterior(points);
            Tensor error = posterior.mean.sub(function(points)).pow(2).mean().sqrt();
            IO.println(loss.itemDouble() + " " + error.itemDouble() + " " + posterior.variance.sqrt().mean().itemDouble());
        }
    }
}
