package panatorch.tests.opcases;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.Fft;
import panatorch.Linalg;
import panatorch.MemoryFormat;
import panatorch.Nn;
import panatorch.Operators;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/** The generated methods belong to the libtorch that is loaded, and their shortened forms fill in the schemas' defaults. */
@NoTensorLeaks
class GeneratedMethodsTest {
    private static final Pattern ARGUMENTS = Pattern.compile(" takes (\\d+) arguments ");

    @Test void the_loaded_libtorch_knows_every_operator_with_as_many_arguments() {
        var unfitting = new Object[100];
        assertThat(TypedCalls.signatures()).hasSizeGreaterThan(2000).allSatisfy((operator, signature) ->
        // The wrong number of arguments gets as far as the schema, and no further.
        assertThatThrownBy(() -> Operators.call(operator, unfitting)).isInstanceOf(IllegalArgumentException.class).satisfies(e -> {
            var takes = ARGUMENTS.matcher(e.getMessage());
            assertThat(takes.find()).isTrue();
            assertThat(TypedCalls.method(operator).getParameterCount()).isEqualTo(Integer.parseInt(takes.group(1)));
        }));
    }

    @Test void every_operator_has_a_method_of_its_own() {
        assertThat(TypedCalls.signatures().values()).doesNotHaveDuplicates();
    }

    private record Pair(String what, Supplier<Tensor> shortened, Supplier<Tensor> full) {}

    @TestFactory Stream<DynamicTest> a_shortened_method_fills_in_the_defaults() {
        return Stream.of(
                new Pair("add", () -> x().add(y()), () -> Aten.add(x(), y(), 1)),
                new Pair("sub", () -> x().sub(y()), () -> Aten.sub(x(), y(), 1)),
                new Pair("sum", () -> x().sum(), () -> Aten.sum(x(), (DType) null)),
                new Pair("sum of a dimension", () -> x().sum(1), () -> Aten.sum(x(), new long[] {1}, false, null)),
                new Pair("std", () -> x().std(), () -> Aten.std(x(), true)),
                new Pair("var of a dimension", () -> x().var(new long[] {0}), () -> Aten.var(x(), new long[] {0}, true, false)),
                new Pair("softmax", () -> x().softmax(1), () -> Aten.softmax(x(), 1, null)),
                new Pair("addmm", () -> x().addmm(x(), y()), () -> Aten.addmm(x(), x(), y(), 1, 1)),
                new Pair("flatten", () -> x().flatten(), () -> Aten.flatten(x(), 0, -1)),
                new Pair("clamp", () -> x().clamp(0.5), () -> Aten.clamp(x(), (Number) 0.5, (Number) null)),
                new Pair("max of a dimension", () -> x().max(1).values(), () -> Aten.max(x(), 1, false).values()),
                new Pair("sort", () -> x().sort().values(), () -> Aten.sort(x(), -1, false).values()),
                new Pair("topk", () -> x().topk(2).values(), () -> Aten.topk(x(), 2, -1, true, true).values()),
                new Pair("layerNorm", () -> Aten.layerNorm(x(), new long[] {4}),
                        () -> Aten.layerNorm(x(), new long[] {4}, null, null, 1e-5, true)),
                new Pair("gelu", () -> x().gelu(), () -> Aten.gelu(x(), "none")),
                new Pair("leakyRelu", () -> x().leakyRelu(), () -> Aten.leakyRelu(x(), 0.01)),
                new Pair("zeros", () -> Aten.zeros(2, 3), () -> Aten.zeros(new long[] {2, 3}, null, null, null, null)),
                new Pair("arange", () -> Aten.arange(5), () -> Aten.arange(5, (DType) null, null, null, null)),
                new Pair("clone", () -> x().clone(), () -> Aten.clone(x(), (MemoryFormat) null)),
                new Pair("to a device", () -> x().to(Device.CPU), () -> Aten.to(x(), null, null, Device.CPU, null, false, false, null)),
                new Pair("conv2d", () -> Aten.conv2d(image(), weight()),
                        () -> Aten.conv2d(image(), weight(), null, new long[] {1, 1}, new long[] {0, 0}, new long[] {1, 1}, 1)),
                new Pair("avgPool2d", () -> image().avgPool2d(new long[] {2, 2}),
                        () -> Aten.avgPool2d(image(), new long[] {2, 2}, new long[0], new long[] {0, 0}, false, true, null)),
                new Pair("maxPool2d", () -> image().maxPool2d(new long[] {2, 2}),
                        () -> Aten.maxPool2d(image(), new long[] {2, 2}, new long[0], new long[] {0, 0}, new long[] {1, 1}, false)),
                new Pair("argmax of a dimension", () -> x().argmax(1), () -> Aten.argmax(x(), (Long) 1L, false)),
                new Pair("quantile", () -> x().quantile(0.5, 1, true), () -> Aten.quantile(x(), 0.5, (Long) 1L, true, "linear")),
                new Pair("fft", () -> Fft.rfft(x(), 8, 0).real(), () -> Aten.fftRfft(x(), (Long) 8L, 0, null).real()),
                new Pair("sum of a dimension, kept", () -> x().sum(1, true), () -> Aten.sum(x(), new long[] {1}, true, null)),
                new Pair("avgPool2d of one size", () -> Nn.avgPool2d(image(), 2, 1),
                        () -> Aten.avgPool2d(image(), new long[] {2, 2}, new long[] {1, 1}, new long[] {0, 0}, false, true, null)),
                new Pair("conv2d of one stride", () -> Aten.conv2d(image(), weight(), null, 2, 1),
                        () -> Aten.conv2d(image(), weight(), null, new long[] {2, 2}, new long[] {1, 1}, new long[] {1, 1}, 1)),
                new Pair("adaptiveAvgPool2d", () -> image().adaptiveAvgPool2d(2), () -> Aten.adaptiveAvgPool2d(image(), new long[] {2, 2})),
                new Pair("cat", () -> Aten.cat(x(), y()), () -> Aten.cat(List.of(x(), y()), 0)),
                new Pair("stack of an array", () -> Aten.stack(new Tensor[] {x(), y()}), () -> Aten.stack(List.of(x(), y()), 0)),
                new Pair("meshgrid", () -> Aten.meshgrid(classes(), classes()).getLast(),
                        () -> Aten.meshgrid(List.of(classes(), classes())).getLast()),
                new Pair("einsum", () -> Aten.einsum("ij,jk->ik", x(), y()), () -> Aten.einsum("ij,jk->ik", List.of(x(), y()), null)),
                new Pair("multiDot", () -> Linalg.multiDot(x(), y(), x()), () -> Aten.linalgMultiDot(List.of(x(), y(), x()))),
                new Pair("atleast1d of one tensor", () -> Aten.atleast1d(x()), () -> Aten.atleast1d(List.of(x())).getFirst()),
                new Pair("crossEntropyLoss", () -> x().crossEntropyLoss(classes()),
                        () -> Aten.crossEntropyLoss(x(), classes(), null, 1, -100, 0.0)))
                .map(p -> DynamicTest.dynamicTest(p.what(), () -> same(p)));
    }

    private static void same(Pair p) {
        try (var scope = Scope.open()) {
            Tensor a = p.shortened().get(), b = p.full().get();
            assertThat(a.dtype()).isEqualTo(b.dtype());
            assertThat(a.shape()).isEqualTo(b.shape());
            assertThat(a.toDoubleArray()).isEqualTo(b.toDoubleArray());
        }
    }

    private static Tensor x() { return Torch.tensor(new float[] {3, -1, 4, 1, -5, 9, 2, 6, -5, 3, 5, 8, -9, 7, 9, 3}, 4, 4); }

    private static Tensor y() { return x().mul(0.5).add(1); }

    private static Tensor image() { return x().view(1, 1, 4, 4); }

    private static Tensor weight() { return y().view(4, 1, 2, 2); }

    private static Tensor classes() { return Torch.tensor(new long[] {0, 3, 1, 2}); }
}
