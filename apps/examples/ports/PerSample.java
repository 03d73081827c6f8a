import static panatorch.func.Func.*;

import java.util.*;
import panatorch.*;
import panatorch.func.TriFunction;
import panatorch.nn.*;
import panatorch.nn.utils.Stateless;

// Private SGD (Abadi et al. 2016): the gradient of each image by vmap, clipped, summed, and blurred by noise.

static final int BATCH = 32;
static final double CLIP = 1, NOISE = 0.5, RATE = 0.5;

void train(Sequential net, int steps) {
    var params = new LinkedHashMap<String, Tensor>();
    net.namedParameters().forEach((name, p) -> params.put(name, p.detach()));
    TriFunction<Map<String, Tensor>, Tensor, Tensor, Tensor> loss =
            (own, image, label) -> F.crossEntropy(Stateless.functionalCall(net, own, image.unsqueeze(0)), label.unsqueeze(0));
    var perSample = vmap(gradAndValue(loss), o -> o.inDims(null, 0, 0));
    for (int step = 0; step < steps; step++) try (var tensors = Scope.open()) {
        Tensor labels = Torch.randint(0, 10, BATCH);
        Tensor images = Torch.randn(BATCH, 1, 28, 28).mul(0.1).add(labels.view(-1, 1, 1, 1).div(10));
        var result = perSample.apply(params, images, labels);
        var each = result.grad().values().stream().map(g -> g.flatten(1).norm(2, new long[] {1})).toList();
        Tensor norms = Aten.stack(each).norm(2, new long[] {0});
        Tensor scale = norms.reciprocal().mul(CLIP).clampMax(1);
        result.grad().forEach((name, g) -> {
            Tensor clipped = Aten.einsum("n,n...->...", List.of(scale, g));
            Tensor noise = clipped.randnLike().mul(NOISE * CLIP);
            params.get(name).sub_(clipped.add(noise), RATE / BATCH);
        });
        IO.println(result.value().mean().itemDouble() + " " + norms.mean().itemDouble());
    }
}

void main(String... args) {
    Torch.manualSeed(42);
    try (var scope = Scope.open(); var net = new Sequential(new Conv2d(1, 8, 5, o -> o.stride(2)), new Tanh(),
            new Conv2d(8, 16, 5, o -> o.stride(2)), new Tanh(), new Flatten(), new Linear(256, 10))) {
        train(net, args.length > 0 ? Integer.parseInt(args[0]) : 20);
    }
}
