package panatorch.tests;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import panatorch.Aten;
import panatorch.Autocast;
import panatorch.Autograd;
import panatorch.Complex;
import panatorch.DType;
import panatorch.Device;
import panatorch.Function;
import panatorch.Generator;
import panatorch.NoGrad;
import panatorch.Operators;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.TorchException;

/** Ways in which programs use tensors; each method calls ten operators or more, in a scope of its own. */
final class OperatorMix {
    private OperatorMix() {}

    static final List<Runnable> ALL =
            List.of(OperatorMix::shapes, OperatorMix::views, OperatorMix::inPlace, OperatorMix::lists, OperatorMix::severalResults,
                    OperatorMix::everyKindOfArgument, OperatorMix::byName, OperatorMix::backward, OperatorMix::javaInBackward,
                    OperatorMix::memory, OperatorMix::ownership, OperatorMix::modes);

    private static void shapes() {
        try (var scope = Scope.open()) {
            for (long n : new long[] {1, 3, 17, 64}) {
                Tensor x = Torch.ones(DType.FLOAT32, n, n), y = x.add(x).mul(0.5).matmul(x);
                if (y.sum().itemFloat() != (float) n * n * n) throw new AssertionError("wrong sum");
            }
        }
    }

    private static void views() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.zeros(DType.FLOAT64, 4, 6);
            x.view(24).unsqueeze(0).expand(new long[] {3, 24}).transpose(0, 1).detach().select(0, 1).squeeze().flip(0).t().contiguous();
        }
    }

    private static void inPlace() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.ones(DType.FLOAT32, 8);
            x.add_(x).mul_(2).clamp_(0, 1).fill_(3).relu_().zero_().sub_(1).abs_().sqrt_();
        }
    }

    private static void lists() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.ones(DType.FLOAT32, 4, 4);
            Tensor both = Aten.cat(List.of(x, x), 0);
            Aten.stack(both.split(2));
            Aten.stack(both.unbind(), 1);
            Aten._foreachAdd_(both.chunk(4), List.of(x.select(0, 0), x.select(0, 1), x.select(0, 2), x.select(0, 3)), 1);
            Aten._foreachMulScalarList(List.of(x, x), List.of(2, 0.5));
            x.index(Arrays.asList(null, Torch.tensor(new long[] {1, 2})));
            Aten.einsum("ij,jk->ik", List.of(x, x));
        }
    }

    private static void severalResults() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.ones(DType.FLOAT32, 4, 4);
            x.max(1);
            x.sort();
            x.topk(2);
            Aten.varMean(x, new long[] {0});
            Aten.nativeLayerNorm(x, new long[] {4}, null, null, 1e-5);
            Aten.nativeBatchNorm(x, null, null, null, null, true, 0.1, 1e-5);
            Aten.linalgQr(x);
            Aten.nativeDropout(x, 0.5, true);
            Aten.frexp(x);
        }
    }

    private static void everyKindOfArgument() {
        try (var scope = Scope.open(); var generator = Generator.of(1)) {
            Tensor x = Torch.ones(DType.FLOAT32, 2, 2);
            x.gelu("tanh");
            x.mul(new Complex(0, 1));
            x.to(Device.CPU, DType.BFLOAT16);
            x.sum(new long[] {0, 1}, true, DType.FLOAT64);
            Aten.bernoulli(x, generator);
            Aten.normal_(x, 0, 1, generator);
            Aten.upsampleNearest2d(x.view(1, 1, 2, 2), null, new double[] {2, 2});
            x.clamp(null, 0.5);
            Aten.norm(x, 2);
            Aten.full(new long[] {2}, 1.5, DType.FLOAT32);
        }
    }

    private static void byName() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.ones(DType.FLOAT32, 2, 3);
            for (int i = 0; i < 5; i++) {
                Operators.call("aten::add.Tensor", x, x, 1);
                Operators.call("aten::split.Tensor", x, 1L, 0L);
                Operators.call("aten::add.out", x, x, 1, x);
            }
        }
    }

    private static void backward() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.ones(DType.FLOAT32, 5, 3), w = Torch.ones(DType.FLOAT32, 2, 3).requiresGrad_(true),
                    b = Torch.zeros(DType.FLOAT32, 2).requiresGrad_(true);
            Autograd.backward(Aten.crossEntropyLoss(Aten.linear(x, w, b), Torch.tensor(new long[] {0, 1, 1, 0, 1})));
            try (var off = NoGrad.enter()) {
                w.sub_(w.grad());
                b.sub_(b.grad());
            }
            w.setGrad(null);
            b.grad().zero_();
        }
    }

    private static final Function SQUARE = new Function() {
        @Override protected List<Tensor> forward(Context context, List<Tensor> inputs) {
            Tensor x = inputs.getFirst(), y = x.mul(x);
            context.save(x, y);
            return List.of(y);
        }

        @Override protected List<Tensor> backward(Context context, List<Tensor> gradients) {
            return List.of(gradients.getFirst().mul(context.saved().getFirst()).mul(2));
        }
    };

    private static void javaInBackward() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.ones(DType.FLOAT32, 4).requiresGrad_(true), y = SQUARE.apply(SQUARE.apply(x));
            y.registerHook(g -> g.mul(2));
            x.registerPostAccumulateGradHook(leaf -> leaf.setGrad(null));
            Autograd.checkpoint(SQUARE::apply, y).sum().backward();
            Tensor first = Autograd.grad(List.of(SQUARE.apply(x).sum()), List.of(x), null, false, true).getFirst();
            Autograd.grad(first.sum(), x);
            SQUARE.apply(x);
        }
    }

    /** Calls that fail. Their arguments are of 64 KiB, so that one reference which is not given back shows. */
    static void failures() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.ones(DType.FLOAT32, 128, 129), closed = Torch.ones(DType.FLOAT32, 1);
            var generator = Generator.of(1);
            closed.close();
            generator.close();
            for (Runnable wrong : List.<Runnable>of(() -> x.mm(x), () -> Aten.cat(List.of(x, x.t())), () -> x.add((Tensor) null),
                    () -> x.add(closed),
                    () -> Aten.cat(Arrays.asList(x, null)), () -> Aten.cat(List.of(x, closed)), () -> x.view(7), () -> x.sum().backward(),
                    () -> Operators.call("aten::add.Tensor", x), () -> Aten.conv2d(x, x),
                    () -> Aten._foreachAdd_(List.of(x, x), List.of(x), 1), () -> Aten.bernoulli(x, generator),
                    () -> Aten._foreachMulScalarList(List.of(x, x), Arrays.asList(1, null)),
                    () -> Operators.call("aten::cat", List.of(x, "x"), 0), () -> throwing(x).backward())) {
                try {
                    wrong.run();
                } catch (TorchException | IllegalArgumentException | IllegalStateException | NullPointerException expected) {
                    continue;
                }
                throw new AssertionError("a wrong call passed");
            }
        }
    }

    /** A loss whose {@code backward} fails in Java code. */
    private static Tensor throwing(Tensor x) {
        Tensor y = SQUARE.apply(x.detach().requiresGrad_(true));
        y.registerHook(g -> { throw new IllegalStateException("expected"); });
        return SQUARE.apply(y).sum();
    }

    private static void memory() {
        try (var scope = Scope.open(); var arena = Arena.ofConfined()) {
            Tensor shared = Torch.fromBlob(arena.allocate(ValueLayout.JAVA_FLOAT, 16), DType.FLOAT32, 4, 4);
            shared.fill_(2).data(arena).get(ValueLayout.JAVA_FLOAT, 0);
            Torch.tensor(new float[] {1, 2, 3, 4}).add(1).toFloatArray();
            shared.t().toDoubleArray();
            shared.sum().item();
        }
    }

    private static void ownership() {
        try (var outer = Scope.open()) {
            Tensor x = Torch.ones(DType.FLOAT32, 2);
            for (int i = 0; i < 3; i++) {
                try (var inner = Scope.open()) {
                    Tensor own = x.add(i).escape();
                    inner.keep(x.add(1), x.mul(2));
                    own.close();
                    x.sub(1).close();
                }
            }
        }
        Torch.ones(DType.FLOAT32, 3).close();
    }

    private static void modes() {
        try (var scope = Scope.open(); var autocast = Autocast.enter(Device.Type.CPU, DType.BFLOAT16)) {
            Tensor x = Torch.ones(DType.FLOAT32, 4, 4).requiresGrad_(true);
            for (int i = 0; i < 3; i++) x.mm(x).add(1).sum();
        }
    }
}
