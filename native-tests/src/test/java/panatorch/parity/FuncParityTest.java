package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;
import static panatorch.func.Func.grad;
import static panatorch.func.Func.gradAndValue;
import static panatorch.func.Func.hessian;
import static panatorch.func.Func.hessianAll;
import static panatorch.func.Func.jacfwd;
import static panatorch.func.Func.jacrev;
import static panatorch.func.Func.jvp;
import static panatorch.func.Func.linearize;
import static panatorch.func.Func.vjp;
import static panatorch.func.Func.vmap;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import panatorch.Aten;
import panatorch.Autograd;
import panatorch.DType;
import panatorch.Generator;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.TorchException;
import panatorch.func.Func;
import panatorch.func.Randomness;
import panatorch.func.TriFunction;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.Conv2d;
import panatorch.nn.Flatten;
import panatorch.nn.Linear;
import panatorch.nn.MaxPool2d;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;
import panatorch.nn.Tanh;
import panatorch.nn.utils.Stateless;

/** Transforms of functions against Python's numbers; {@code src/test/python/func.py} made and explains them. */
@NoTensorLeaks
class FuncParityTest {
    private static final JsonNode PYTHON = Golden.read("func.json");
    private static final long MEAN = 1, SUM = 2;

    @BeforeAll static void the_same_instructions() { Golden.assumeSameInstructions(); }

    /** The inputs of func.py, in the current scope. */
    private static final class Inputs {
        final Tensor x, y, w, images, labels, a, v;

        Inputs() {
            try (var g = Generator.of(8)) {
                x = Torch.randn(g, DType.FLOAT64, 4, 3);
                y = Torch.randn(g, DType.FLOAT64, 4, 3);
                w = Torch.randn(g, DType.FLOAT64, 3, 3);
                images = Torch.randn(g, DType.FLOAT32, 6, 1, 12, 12);
                labels = Aten.randint(5, new long[] {6}, g, DType.INT64);
            }
            a = x.select(0, 0);
            v = y.select(0, 0);
        }

        Tensor f(Tensor a) { return a.matmul(w).tanh().mul(a); }

        Tensor s(Tensor a) { return f(a).pow(2).sum(); }

        Tensor weighted(Tensor a, Tensor b) { return f(a).mul(b.exp()); }
    }

    private static Sequential net() {
        Torch.manualSeed(7);
        return new Sequential(new Conv2d(1, 4, 3), new ReLU(), new MaxPool2d(2), new Flatten(), new Linear(100, 5));
    }

    private static Sequential mlp() { return new Sequential(new Linear(3, 8), new Tanh(), new Linear(8, 2)); }

    private static Map<String, Tensor> detached(Module module) {
        var parameters = new LinkedHashMap<String, Tensor>();
        module.namedParameters().forEach((name, p) -> parameters.put(name, p.detach()));
        return parameters;
    }

    private static Map<String, Tensor> perSample(Inputs in, BinaryOperator<Tensor> lossOf) {
        try (var model = net(); var scope = Scope.open()) {
            TriFunction<Map<String, Tensor>, Tensor, Tensor, Tensor> loss =
                    (p, image, label) -> lossOf.apply(Stateless.functionalCall(model, p, image.unsqueeze(0)), label);
            var gradients = vmap(grad(loss), o -> o.inDims(null, 0, 0)).apply(detached(model), in.images, in.labels);
            gradients.values().forEach(scope::move);
            return gradients;
        }
    }

    private static Tensor crossEntropy(Tensor z, Tensor label, Tensor weight, long reduction, double smoothing) {
        return Aten.crossEntropyLoss(z, label.unsqueeze(0), weight, reduction, -100, smoothing);
    }

    private static Map<String, Tensor> maml(Inputs in) {
        Torch.manualSeed(7);
        try (var model = mlp(); var scope = Scope.open()) {
            Tensor a = in.x.to(DType.FLOAT32), b = in.y.to(DType.FLOAT32).narrow(1, 0, 2);
            TriFunction<Map<String, Tensor>, Tensor, Tensor, Tensor> inner =
                    (p, x, y) -> Stateless.functionalCall(model, p, x).mseLoss(y);
            TriFunction<Map<String, Tensor>, Tensor, Tensor, Tensor> outer = (p, x, y) -> {
                var d = grad(inner).apply(p, x, y);
                var fast = new LinkedHashMap<String, Tensor>();
                p.forEach((name, t) -> fast.put(name, t.sub(Objects.requireNonNull(d.get(name)).mul(0.1))));
                return inner.apply(fast, x, y);
            };
            Tensor xs = Aten.stack(a, a.neg()), ys = Aten.stack(b, b.mul(b));
            var result = gradAndValue((Map<String, Tensor> p) -> vmap((Tensor x, Tensor y) -> outer.apply(p, x, y)).apply(xs, ys).sum())
                    .apply(detached(model));
            var all = new LinkedHashMap<String, Tensor>();
            all.put("maml value", scope.move(result.value()));
            result.grad().forEach((name, g) -> all.put("maml " + name, scope.move(g)));
            return all;
        }
    }

    private static Tensor ensemble(Inputs in) {
        Torch.manualSeed(7);
        try (var a = mlp(); var b = mlp(); var c = mlp(); var scope = Scope.open()) {
            var state = Stateless.stackModuleState(List.of(a, b, c));
            BiFunction<Map<String, Tensor>, Tensor, Tensor> call = (p, x) -> Stateless.functionalCall(a, p, x);
            return scope.move(vmap(call, o -> o.inDims(0, null)).apply(state.parameters(), in.x.to(DType.FLOAT32)));
        }
    }

    private static Map<String, Tensor> hessianOfMlp(Inputs in) {
        Torch.manualSeed(7);
        try (var model = mlp(); var scope = Scope.open()) {
            Tensor x = in.x.to(DType.FLOAT32);
            Function<Map<String, Tensor>, Map<String, Map<String, Tensor>>> h =
                    hessianAll((Map<String, Tensor> p) -> Stateless.functionalCall(model, p, x).square().sum());
            var all = new LinkedHashMap<String, Tensor>();
            h.apply(detached(model)).forEach((first, row) -> row
                    .forEach((second, block) -> all.put("hessian mlp " + first + " " + second, scope.move(block))));
            return all;
        }
    }

    private static Map<String, Supplier<Tensor>> values(Inputs in) {
        Tensor x = in.x, y = in.y, w = in.w, a = in.a, v = in.v;
        Function<Tensor, Tensor> f = in::f, s = in::s;
        var all = new LinkedHashMap<String, Supplier<Tensor>>();
        all.put("vmap", () -> vmap(f).apply(x));
        all.put("vmap columns", () -> vmap((Tensor c) -> c.cumsum(0), o -> o.inDims(1).outDims(1)).apply(x));
        all.put("vmap two", () -> vmap((Tensor p, Tensor q) -> p.dot(q)).apply(x, y));
        all.put("vmap one fixed", () -> vmap((Tensor m, Tensor q) -> m.mv(q), o -> o.inDims(null, 0)).apply(w, x));
        BiFunction<Tensor, Tensor, Tensor> times = (p, q) -> p.mul(q), outer = (p, q) -> p.outer(q);
        all.put("vmap nested", () -> vmap(vmap(times, o -> o.inDims(null, 0)), o -> o.inDims(0, null)).apply(x.select(1, 0),
                y.select(1, 0)));
        all.put("vmap nested dims", () -> vmap(vmap(outer, o -> o.inDims(0, null).outDims(2)), o -> o.inDims(1, null).outDims(1))
                .apply(Aten.stack(List.of(x, y), 2), v));
        all.put("vmap chunks", () -> vmap(f, o -> o.chunkSize(3)).apply(x));
        all.put("vmap constant", () -> vmap((Tensor q) -> w).apply(x));
        all.put("grad", () -> grad(s).apply(a));
        all.put("grad grad", () -> grad((Tensor p) -> grad(s).apply(p).sum()).apply(a));
        BiFunction<Tensor, Tensor, Tensor> both = in::weighted;
        all.put("grad of the second",
                () -> Func.<Tensor, Tensor, Tensor>grad((p, q) -> both.apply(p, q).sum(), 1).apply(a, v));
        all.put("vmap grad", () -> vmap(grad(s)).apply(x));
        all.put("grad vmap", () -> grad((Tensor p) -> vmap(s).apply(p).sum()).apply(x));
        all.put("vmap grad grad", () -> vmap(grad((Tensor p) -> grad(s).apply(p).pow(2).sum())).apply(x));
        all.put("vjp output", () -> vjp(f, a).output());
        all.put("vjp", () -> vjp(f, a).apply(v));
        all.put("vmap vjp", () -> vmap(vjp(f, a)).apply(y));
        all.put("jvp output", () -> jvp(f, a, v).output());
        all.put("jvp", () -> jvp(f, a, v).tangent());
        all.put("vmap jvp", () -> vmap((Tensor p, Tensor q) -> jvp(f, p, q).tangent()).apply(x, y));
        all.put("jvp jvp", () -> jvp((Tensor p) -> jvp(f, p, v).tangent(), a, v).tangent());
        all.put("jvp vmap", () -> jvp(vmap(f), x, y).tangent());
        all.put("linearize output", () -> linearize(f, a).output());
        all.put("linearize", () -> linearize(f, a).apply(v));
        all.put("jacrev", () -> jacrev(f).apply(a));
        all.put("jacfwd", () -> jacfwd(f).apply(a));
        all.put("jacrev chunks", () -> jacrev(f, 2).apply(a));
        all.put("jacrev one by one", () -> jacrev(f, 1).apply(a));
        all.put("jacrev of the second", () -> Func.<Tensor, Tensor, Tensor>jacrev(both, 1).apply(a, v));
        all.put("jacfwd of the second", () -> Func.<Tensor, Tensor, Tensor>jacfwd(both, 1).apply(a, v));
        all.put("vmap jacrev", () -> vmap(jacrev(f)).apply(x));
        all.put("vmap jacfwd", () -> vmap(jacfwd(f)).apply(x));
        all.put("hessian", () -> hessian(s).apply(a));
        all.put("jacrev jacrev", () -> jacrev(jacrev(s)).apply(a));
        all.put("jacfwd jacfwd", () -> jacfwd(jacfwd(f)).apply(a));
        all.put("jacrev jacfwd", () -> jacrev(jacfwd(f)).apply(a));
        all.put("vmap hessian", () -> vmap(hessian(s)).apply(x));
        all.put("hvp", () -> jvp(grad(s), a, v).tangent());
        all.put("hvp reverse", () -> vjp(grad(s), a).apply(v));
        all.put("functional jacobian", () -> Autograd.jacobian(p -> vmap(f).apply(p), x));
        all.put("functional hessian", () -> Autograd.hessian(in::s, a));
        all.put("functional vhp", () -> Autograd.vhp(in::s, a, v).product());
        all.put("functional hvp", () -> Autograd.hvp(in::s, a, v).product());
        all.put("batched gradients", () -> {
            Tensor leaf = x.clone().requiresGrad_(true);
            return Autograd.of(leaf.sin().matmul(w)).weightedEach(Aten.stack(x, y)).grad(leaf).getFirst();
        });
        all.put("ensemble", () -> ensemble(in));
        Map<String, BinaryOperator<Tensor>> losses = Map.of("mse", (p, q) -> p.mseLoss(q), "smooth", (p, q) -> Aten.smoothL1Loss(p, q),
                "huber", (p, q) -> Aten.huberLoss(p, q), "l1", (p, q) -> Aten.l1Loss(p, q),
                "bce", (p, q) -> Aten.binaryCrossEntropyWithLogits(p, q), "kl", (p, q) -> Aten.klDiv(p, q));
        losses.forEach((name, loss) -> all.put("loss " + name, () -> vmap(grad((BiFunction<Tensor, Tensor, Tensor>) loss))
                .apply(x, y.sigmoid())));
        all.put("loss nll", () -> {
            Tensor labels = Torch.tensor(new long[] {2, 0, -100, 1});
            return vmap(grad((Tensor p) -> Aten.nllLoss(p.logSoftmax(1), labels))).apply(Aten.stack(x, y));
        });
        return all;
    }

    @TestFactory Stream<DynamicTest> every_transform_and_composition_gives_pythons_numbers() {
        JsonNode python = PYTHON.get("values");
        var tests = new LinkedHashMap<String, DynamicTest>();
        try (var scope = Scope.open()) {
            for (String name : values(new Inputs()).keySet()) tests.put(name, dynamicTest(name, () -> {
                try (var inner = Scope.open()) {
                    Tensor t = Objects.requireNonNull(values(new Inputs()).get(name)).get();
                    Golden.assertFingerprint(name, t, python.get(name), t.dtype() == DType.FLOAT64 ? 1e-12 : 1e-5);
                }
            }));
        }
        Map<String, Function<Inputs, Map<String, Tensor>>> several = Map.of(
                "per sample mean", in -> perSample(in, (z, t) -> crossEntropy(z, t, null, MEAN, 0)),
                "per sample sum", in -> perSample(in, (z, t) -> crossEntropy(z, t, null, SUM, 0)),
                "per sample weighted", in -> perSample(in, (z, t) -> crossEntropy(z, t, Aten.linspace(1, 2, 5), MEAN, 0.1)),
                "maml", FuncParityTest::maml, "hessian mlp", FuncParityTest::hessianOfMlp);
        several.forEach((group, make) -> tests.put(group, dynamicTest(group, () -> {
            try (var scope = Scope.open()) {
                var all = make.apply(new Inputs());
                all.forEach((name, t) -> {
                    String key = name.startsWith(group) ? name : group + " " + name;
                    Golden.assertFingerprint(key, t, python.get(key), 2e-5, 1e-3);
                });
                assertThat(all.size()).isEqualTo(names(python).filter(k -> k.startsWith(group + " ")).count());
            }
        })));
        return tests.values().stream();
    }

    private static Stream<String> names(JsonNode object) {
        return Stream.iterate(object.fieldNames(), i -> i).limit(object.size()).map(i -> i.next());
    }

    @TestFactory Stream<DynamicTest> the_samples_draw_pythons_random_numbers() {
        return names(PYTHON.get("random")).map(name -> dynamicTest(name, () -> {
            try (var scope = Scope.open()) {
                var mode = Randomness.valueOf(name.split(" ")[1].toUpperCase(java.util.Locale.ROOT));
                Torch.manualSeed(3);
                Tensor drawn = name.startsWith("randn")
                        ? vmap((Tensor p) -> p.add(Torch.randn(3)), o -> o.randomness(mode)).apply(Torch.zeros(4, 3))
                        : vmap((Tensor p) -> Aten.dropout(p, 0.5, true), o -> o.randomness(mode)).apply(Torch.ones(4, 3));
                Golden.assertClose(name, drawn.toDoubleArray(), Golden.numbers(PYTHON.get("random").get(name)), 1e-6, 0);
            }
        }));
    }

    @TestFactory Stream<DynamicTest> wrong_functions_have_libtorchs_own_errors() {
        Map<String, Function<Tensor, Tensor>> wrong = Map.of("item", p -> Torch.tensor(p.sum().itemDouble()),
                "branch", p -> p.sum().gt(0).itemBoolean() ? p : p.neg(), "random", p -> p.add(Torch.rand(3)),
                "in place", p -> Torch.zeros(DType.FLOAT64, 3).add_(p), "nonzero", p -> p.nonzero());
        assertThat(wrong.keySet()).containsExactlyInAnyOrderElementsOf(names(PYTHON.get("errors")).toList());
        return wrong.entrySet().stream().map(e -> dynamicTest(e.getKey(), () -> {
            try (var scope = Scope.open()) {
                assertThatThrownBy(() -> vmap(e.getValue()).apply(new Inputs().x)).isInstanceOf(TorchException.class)
                        .hasMessageContaining(PYTHON.get("errors").get(e.getKey()).asText());
            }
        }));
    }

    @org.junit.jupiter.api.Test void a_gradient_without_recording_outside_is_that_with_it() {
        try (var scope = Scope.open(); var off = NoGrad.enter()) {
            var in = new Inputs();
            Tensor g = vmap(grad((Tensor p) -> in.s(p))).apply(in.x);
            assertThat(g.requiresGrad()).isFalse();
            Golden.assertFingerprint("vmap grad", g, PYTHON.get("values").get("vmap grad"), 1e-12);
        }
    }
}
