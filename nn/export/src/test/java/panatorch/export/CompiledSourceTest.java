package panatorch.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import panatorch.DType;

/** What the C++ text beside compiled code tells; real ones are in native-tests. */
class CompiledSourceTest {
    /** The lines that count, of a model of {@code x [b, t, 8]} and {@code mask=[b, 2*t + 1]}. */
    static final String TEXT = """
            inputs_info_[0].name = "arg3_1";
            inputs_info_[1].name = "arg4_1";
            in_spec_ = R"([1, {"type": "builtins.tuple", "context": "null", "children_spec": [{"type": "builtins.tuple", "context": \
            "null", "children_spec": [{"type": null, "context": null, "children_spec": []}]}, {"type": "builtins.dict", "context": \
            "[\\"mask\\"]", "children_spec": [{"type": null, "context": null, "children_spec": []}]}]}])";
            out_spec_ = R"([1, {"type": "builtins.dict", "context": "[\\"y\\"]", "children_spec": [{"type": null, "context": null, \
            "children_spec": []}]}])";
                int32_t arg3_1_expected_dtype = aoti_torch_dtype_float32();
                int32_t arg4_1_expected_dtype = aoti_torch_dtype_bool();
                if (arg3_1_size[0] < 2) {
                if (arg3_1_size[0] > 64) {
                if (arg3_1_size[1] < 3) {
                if (arg4_1_size[1] > 100) {
                if (check()) { assert_size_stride(arg3_1, {s77, s27, 8L}, {8L*s27, 8L, 1L}, "input"); }
                if (check()) { assert_size_stride(arg4_1, {s77, 1L + 2L*s27}, {1L + 2L*s27, 1L}, "input"); }
            // Compile cmd
            // g++ a.cpp -march=native -mavx512f -mavx512vnni -mfma -mno-red-zone -c -o a.o
            // Link cmd
            // g++ a.o -mamx-tile -o a.so
            """;

    private static CompiledSource source(String text) { return new CompiledSource(text, IOException::new); }

    @Test void it_tells_inputs_with_their_types_shapes_and_ranges() throws Exception {
        Signature signature = new ProgramInterface(source(TEXT).program()).signature();
        assertThat(signature.inputs()).extracting(Signature.Value::name).containsExactly("in0", "mask");
        var x = (Signature.TensorValue) signature.inputs().get(0);
        var mask = (Signature.TensorValue) signature.inputs().get(1);
        assertThat(x.dtype()).isEqualTo(DType.FLOAT32);
        assertThat(x.dims()).extracting(Object::toString).containsExactly("s77", "s27", "8");
        assertThat(mask.dtype()).isEqualTo(DType.BOOL);
        assertThat(mask.dims()).extracting(Object::toString).containsExactly("s77", "2*s27 + 1");
        assertThat(signature.symbols()).containsEntry("s77", new Signature.Range(1, 64)).containsEntry("s27",
                new Signature.Range(3, Long.MAX_VALUE));
        assertThat(signature.outputs()).containsExactly(new Signature.UnknownValue("y"));
    }

    @Test void it_tells_the_instructions_that_the_compiler_was_told_to_use() {
        assertThat(source(TEXT).instructionSets()).containsExactly("avx512f", "avx512vnni", "fma");
        assertThat(source("").instructionSets()).isEmpty();
    }

    @Test void arguments_that_became_constants_leave_the_others_without_names() throws Exception {
        String fewer = TEXT.replace("inputs_info_[1].name = \"arg4_1\";", "");
        assertThat(new ProgramInterface(source(fewer).program()).signature().inputs()).extracting(Signature.Value::name)
                .containsExactly("in0");
    }

    @Test void a_text_that_does_not_tell_enough_is_refused_with_advice() {
        for (String without : List.of("in_spec_ =", "out_spec_ =", "_expected_dtype", "assert_size_stride", "float32()", "{8L*s27",
                "8L, 1L}"))
            assertThatThrownBy(() -> new ProgramInterface(source(TEXT.replace(without, "#")).program())).as(without)
                    .isInstanceOf(IOException.class).hasMessageContaining("package_pt2(path, exported_programs=");
    }

    @Test void damaged_texts_are_refused_or_understood() {
        var random = new Random(1);
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            var text = new StringBuilder(TEXT);
            for (int k = random.nextInt(4); k >= 0; k--) {
                int at = random.nextInt(text.length()), to = Math.min(text.length(), at + random.nextInt(30));
                switch (random.nextInt(3)) {
                    case 0 -> text.delete(at, to);
                    case 1 -> text.insert(random.nextInt(text.length()), text.substring(at, to));
                    default -> text.setCharAt(at, "0159L*+-(){}[],\"s\\".charAt(random.nextInt(17)));
                }
            }
            try {
                ProgramText program = source(text.toString()).program();
                new ProgramInterface(program);
                for (ProgramText.InputSpec input : program.inputs())
                    new InputLayout(input.name(), program.graph().tensors().get(input.name()));
            } catch (IOException | IllegalArgumentException e) {
                refused++;
            }
        }
        assertThat(refused).isBetween(1_000, 19_000);
    }

    @Test void sizes_in_cpp_are_sums_and_products() {
        assertThat(CppExpression.list("")).isEmpty();
        assertThat(CppExpression.list("2L*(s3 + 1L) - s4*s4, 7L, (-1L) + s3")).extracting(SymbolicExpression::text)
                .containsExactly("2*(s3 + 1) - 1*s4*s4", "7", "s3 - 1");
        for (String wrong : List.of("c10::div(s3)", "s3/2L", "2L*", "(s3", "99999999999999999999L", "-".repeat(300) + "1", "(".repeat(300)))
            assertThatThrownBy(() -> CppExpression.list(wrong)).as(wrong).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("is not understood");
    }

    // ---- processors

    @Test void code_for_another_processor_is_refused_by_what_this_one_lacks() {
        var old = new InstructionSet("linux", "x86_64", InstructionSet.parse(" fpu avx2 fma avx512_vnni "));
        assertThat(old.refusal(Map.of("AOTI_CPU_ISA", "AVX2"), List.of("fma", "avx512vnni"))).isNull();
        assertThat(old.refusal(Map.of("AOTI_CPU_ISA", "INVALID_VEC_ISA"), List.of())).isNull();
        assertThat(old.refusal(Map.of("AOTI_CPU_ISA", "AVX512 AVX512_VNNI"), List.of("amx-tile")))
                .contains("amx-tile, avx512bw, avx512dq, avx512f, avx512vl,").contains("compile it on the oldest processor");
        assertThat(old.refusal(Map.of("AOTI_PLATFORM", "darwin"), List.of())).contains("darwin").contains("linux on x86_64");
        assertThat(old.refusal(Map.of("AOTI_MACHINE", "arm64"), List.of())).contains("arm64");
        assertThat(old.refusal(Map.of("AOTI_MACHINE", "AMD64"), List.of())).isNull();
        assertThat(old.refusal(Map.of("AOTI_DEVICE_KEY", "cuda"), List.of())).contains("'cuda'");
        assertThat(new InstructionSet("linux", "x86_64", null).refusal(Map.of("AOTI_CPU_ISA", "AVX512"), List.of())).isNull();
        assertThat(InstructionSet.ofThisMachine().refusal(Map.of(), List.of())).isNull();
        assertThat(Set.of("linux", "darwin", "win32")).contains(InstructionSet.ofThisMachine().system());
    }
}
