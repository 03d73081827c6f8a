import static panatorch.func.Func.*;

import java.util.*;
import panatorch.*;
import panatorch.func.TriFunction;
import panatorch.nn.*;
import panatorch.nn.utils.Stateless;
import panatorch.optim.Adam;

// Model-agnostic meta-learning (Finn et al. 2017): sinusoids from ten points each, all tasks at once by vmap.

static final int TASKS = 16, POINTS = 10;
static final double INNER = 0.01, META = 1e-3;

void train(Sequential net, Adam optimizer, int steps) {
    TriFunction<Map<String, Tensor>, Tensor, Tensor, Tensor> loss =
            (params, x, y) -> F.mseLoss(Stateless.functionalCall(net, params, x), y);
    TriFunction<Map<String, Tensor>, Tensor, Tensor, Tensor> adaptedLoss = (params, x, y) -> {
        var grads = grad(loss).apply(params, x.get(0), y.get(0));
        var adapted = new HashMap<>(params);
        adapted.replaceAll((name, p) -> p.sub(grads.get(name).mul(INNER)));
        return loss.apply(adapted, x.get(1), y.get(1));
    };
    for (int step = 0; step < steps; step++) try (var tensors = Scope.open()) {
        Tensor amplitude = Torch.rand(TASKS, 1, 1).mul(4.9).add(0.1);
        Tensor phase = Torch.rand(TASKS, 1, 1).mul(Math.PI);
        Tensor x = Torch.rand(2, TASKS, POINTS, 1).mul(10).sub(5);
        Tensor y = amplitude.mul(x.add(phase).sin());
        Tensor losses = vmap(adaptedLoss, o -> o.inDims(null, 1, 1)).apply(net.namedParameters(), x, y);
        optimizer.zeroGrad();
        losses.mean().backward();
        optimizer.step();
        IO.println(losses.mean().itemDouble());
    }
}

void main(String... args) {
    Torch.manualSeed(42);
    try (var scope = Scope.open(); var net = new Sequential(new Linear(1, 40), new ReLU(), new Linear(40, 40), new ReLU(),
            new Linear(40, 1)); var optimizer = new Adam(net.parameters(), Adam.options(META))) {
        train(net, optimizer, args.length > 0 ? Integer.parseInt(args[0]) : 20);
    }
}
