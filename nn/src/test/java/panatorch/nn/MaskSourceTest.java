package panatorch.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.DType;
import panatorch.Generator;
import panatorch.MemoryFormat;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class MaskSourceTest {
    /** A source with a buffer that is built with the first mask, as a bank of masks is. */
    private static final class Bank extends Module implements MaskSource {
        Bank() { buffer("bank", null); }

        @Override public Tensor mask(Tensor like, long[] shape, double p) {
            if (bufferOrNull("bank") == null) setBuffer("bank", MaskSource.global().mask(like, shape, p));
            return buffer("bank");
        }

        @Override protected void beforeLoad(Map<String, Tensor> own) {
            Tensor bank = own.get("bank");
            if (bank != null && bufferOrNull("bank") == null) setBuffer("bank", Torch.empty(bank.shape()));
        }

        @Override protected Module recreate() { return new Bank(); }
    }

    static List<Function<Boolean, DropoutLayer>> layers() {
        return List.of(in -> new Dropout(0.3, in), in -> new Dropout1d(0.3, in), in -> new Dropout2d(0.3, in), in -> new Dropout3d(0.3, in),
                in -> new AlphaDropout(0.3, in), in -> new FeatureAlphaDropout(0.3, in));
    }

    @ParameterizedTest
    @MethodSource("layers") void masks_from_a_generator_are_libtorchs_own_from_the_same_state_bit_for_bit(
            Function<Boolean, DropoutLayer> of) {
        for (boolean inplace : new boolean[] {false, true})
            for (DType type : new DType[] {DType.FLOAT32, DType.FLOAT64, DType.BFLOAT16})
                try (var layer = of.apply(inplace); var generator = Generator.of(5); var scope = Scope.open()) {
                    Tensor x = Torch.randn(5, 6, 7, 3).to(type).contiguous(MemoryFormat.CHANNELS_LAST);
                    Torch.manualSeed(5);
                    Tensor expected = layer.forward(x.clone());
                    layer.setMasks(MaskSource.of(generator));
                    assertThat(layer.forward(x.clone()).torchEquals(expected)).as("%s %s", layer, type).isTrue();
                    layer.setMasks(null);
                    Torch.manualSeed(5);
                    assertThat(layer.forward(x.clone()).torchEquals(expected)).isTrue();
                }
    }

    @Test void channels_without_a_batch_are_dropped_as_libtorch_drops_them() {
        try (var generator = Generator.of(5); var scope = Scope.open()) {
            for (var layer : List.of(new Dropout1d(0.5), new Dropout3d(0.5))) {
                Tensor x = layer instanceof Dropout1d ? Torch.randn(40, 3) : Torch.randn(40, 3, 2, 2);
                Torch.manualSeed(5);
                generator.manualSeed(5);
                Tensor expected = layer.forward(x);
                layer.setMasks(MaskSource.of(generator));
                assertThat(layer.forward(x).torchEquals(expected)).isTrue();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("layers") void dropping_all_gives_zeros_dropping_none_and_evaluation_the_input(Function<Boolean, DropoutLayer> of) {
        try (var layer = of.apply(false); var scope = Scope.open()) {
            Tensor x = Torch.randn(2, 3, 4, 4);
            for (var source : new MaskSource[] {null, MaskSource.global(), MaskSource.given(Torch.ones(1))}) {
                layer.setMasks(source);
                layer.setP(1);
                assertThat(layer.forward(x).torchEquals(x.zerosLike())).as("%s", layer).isTrue();
            }
            layer.setMasks(MaskSource.given());
            layer.setP(0);
            assertThat(layer.forward(x).torchEquals(x)).isTrue();
            layer.setP(0.5);
            layer.eval();
            assertThat(layer.forward(x).torchEquals(x)).isTrue();
        }
    }

    @Test void a_given_mask_drops_its_zeros_and_divides_the_rest_by_the_keep_probability_in_the_inputs_type() {
        try (var layer = new Dropout(0.75); var scope = Scope.open()) {
            layer.setMasks(MaskSource.given(Torch.tensor(new long[] {1, 0, 1}), Torch.tensor(new boolean[] {false, true, true})));
            Tensor x = Torch.ones(DType.BFLOAT16, 2, 3).requiresGrad_(true);
            Tensor y = layer.forward(x);
            assertThat(y.dtype()).isEqualTo(DType.BFLOAT16);
            assertThat(y.toFloatArray()).containsExactly(4, 0, 4, 4, 0, 4);
            y.sum().backward();
            assertThat(x.grad().toFloatArray()).containsExactly(4, 0, 4, 4, 0, 4);
            assertThat(layer.forward(x).toFloatArray()).containsExactly(0, 4, 4, 0, 4, 4);
            assertThatThrownBy(() -> layer.forward(x)).isInstanceOf(IllegalStateException.class).hasMessage("mask 3 is needed, but "
                    + "only 2 were given");
            layer.setMasks(MaskSource.given(Torch.ones(3, 3)));
            assertThatThrownBy(() -> layer.forward(x)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("mask 1 is ")
                    .hasMessageEndingWith("which does not broadcast to [2, 3]");
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {-0.1, 1.1, Double.NaN}) void an_impossible_probability_is_refused_and_the_old_one_stays(double p) {
        try (var layer = new Dropout(0.5)) {
            assertThatThrownBy(() -> layer.setP(p)).isInstanceOf(IllegalArgumentException.class).hasMessage("the drop probability has "
                    + "to be between 0 and 1, not " + p);
            assertThat(layer.p()).isEqualTo(0.5);
        }
    }

    @Test void a_source_that_is_a_module_is_saved_moved_copied_and_taken_out_with_its_layer() {
        try (var layer = new Dropout(0.5); var net = new Sequential(new Linear(3, 4), layer); var bank = new Bank();
                var scope = Scope.open()) {
            layer.setMasks(bank);
            assertThat(net.stateDict()).containsOnlyKeys("0.weight", "0.bias");
            net.call(Torch.randn(2, 3));
            assertThat(net.stateDict()).containsOnlyKeys("0.weight", "0.bias", "1.masks.bank");
            net.to(DType.FLOAT64);
            assertThat(bank.buffer("bank").dtype()).isEqualTo(DType.FLOAT64);
            try (var copy = Module.copyOf(net)) {
                assertThat(copy.stateDict().get("1.masks.bank").torchEquals(bank.buffer("bank"))).isTrue();
                assertThat(((Dropout) copy.get(1)).masks()).isInstanceOf(Bank.class).isNotSameAs(bank);
            }
            var other = new Bank();
            layer.setMasks(other);
            assertThat(layer.namedChildren()).containsOnly(Map.entry("masks", other));
            layer.setMasks(null);
            assertThat(layer.namedChildren()).isEmpty();
            assertThat(net.stateDict()).containsOnlyKeys("0.weight", "0.bias");
        }
    }

    @Test void buffers_that_are_built_late_are_loaded_into_a_new_module() {
        try (var layer = new Dropout(0.5); var fresh = new Dropout(0.5); var scope = Scope.open()) {
            layer.setMasks(new Bank());
            fresh.setMasks(new Bank());
            Tensor x = Torch.randn(4, 5), y = layer.forward(x);
            var state = new LinkedHashMap<>(layer.stateDict());
            fresh.loadStateDict(state);
            assertThat(fresh.forward(x).torchEquals(y)).isTrue();
            state.put("masks.other", x);
            assertThatThrownBy(() -> fresh.loadStateDict(state)).hasMessageContaining("Unexpected key(s) in state_dict: \"masks.other\"");
        }
    }

    @Test void a_copy_shares_a_source_that_is_no_module() {
        try (var layer = new Dropout2d(0.5)) {
            var source = MaskSource.global();
            layer.setMasks(source);
            try (var copy = Module.copyOf(layer)) {
                assertThat(copy.masks()).isSameAs(source);
            }
        }
    }

    @Test void a_copy_drops_as_much_as_the_original_does_now() {
        try (var model = new panatorch.models.CudaConvnetQuick(panatorch.models.CudaConvnetQuick.options(3).dropout(0.5))) {
            for (Module m : model.modules()) if (m instanceof Masked layer) layer.setP(0.1);
            MaskSource source = MaskSource.global();
            ((Masked) model.namedChildren().get("drop1")).setMasks(source);
            try (var copy = Module.copyOf(model)) {
                assertThat(copy.modules().stream().filter(Masked.class::isInstance).map(m -> ((Masked) m).p())).hasSize(4)
                        .containsOnly(0.1);
                assertThat(((Masked) copy.namedChildren().get("drop1")).masks()).isSameAs(source);
            }
        }
    }
}
