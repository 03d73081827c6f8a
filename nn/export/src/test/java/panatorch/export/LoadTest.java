package panatorch.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.NoGrad;
import panatorch.OperatorLibrary;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.junit.NoTensorLeaks;
import panatorch.serialize.MalformedFileException;
import panatorch.serialize.Reading;
import panatorch.serialize.Safetensors;

@NoTensorLeaks
class LoadTest {
    private static final String JSON = "p/models/model.json", CONFIG = "p/data/weights/model_weights_config.json";

    @TempDir
    Path folder;

    static Map<String, byte[]> entries(String program) throws IOException {
        var entries = new LinkedHashMap<String, byte[]>();
        try (var zip = new ZipInputStream(Files.newInputStream(Programs.file(program)))) {
            for (ZipEntry e = zip.getNextEntry(); e != null; e = zip.getNextEntry()) entries.put(e.getName(), zip.readAllBytes());
        }
        return entries;
    }

    static void write(Path file, Map<String, byte[]> entries) throws IOException {
        try (var zip = new ZipOutputStream(Files.newOutputStream(file))) {
            for (var e : entries.entrySet()) {
                var entry = new ZipEntry(e.getKey());
                var crc = new CRC32();
                crc.update(e.getValue());
                entry.setMethod(ZipEntry.STORED);
                entry.setSize(e.getValue().length);
                entry.setCrc(crc.getValue());
                zip.putNextEntry(entry);
                zip.write(e.getValue());
            }
        }
    }

    /** Writes a program with one of its texts changed. */
    private Path changed(String program, String entry, UnaryOperator<String> change) throws IOException {
        Map<String, byte[]> entries = entries(program);
        String before = new String(Objects.requireNonNull(entries.get(entry)), StandardCharsets.UTF_8), after = change.apply(before);
        assertThat(after).isNotEqualTo(before);
        entries.put(entry, after.getBytes(StandardCharsets.UTF_8));
        Path file = folder.resolve("changed.pt2");
        write(file, entries);
        return file;
    }

    private static void refused(Path file, String... what) {
        assertThatThrownBy(() -> ExportedProgram.load(file).close()).isInstanceOf(MalformedFileException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContainingAll(what);
    }

    @Test void files_that_are_no_programs_are_refused() throws Exception {
        Path file = folder.resolve("x.pt2");
        Files.writeString(file, "no zip");
        refused(file, "not a zip archive");
        write(file, Map.of("a/data.pkl", new byte[3]));
        refused(file, "not an archive of torch.export.save");
        write(file, Map.of("serialized_exported_program.json", new byte[3]));
        refused(file, "torch 2.7 or earlier", "save it again");
        write(file, Map.of("p/archive_format", "pt2".getBytes(StandardCharsets.UTF_8), "p/data/aotinductor/model/x.so", new byte[3]));
        refused(file, "it has no program, only code compiled by AOTInductor");
        assertThatThrownBy(() -> ExportedProgram.load(folder.resolve("none.pt2"))).isInstanceOf(IOException.class)
                .hasMessageContaining("there is no file");
    }

    @Test void a_later_minor_version_is_read_and_another_major_one_refused() throws Exception {
        ExportedProgram.load(
                changed("mlp", JSON, t -> t.replaceFirst("\"minor\":\\d+", "\"minor\":99").replaceFirst("\\{", "{\"new\":[{\"a\":1}],")))
                .close();
        refused(changed("mlp", JSON, t -> t.replaceFirst("\"major\":8", "\"major\":9")), "version 9",
                "save it again with torch 2.8 or later");
    }

    @Test void a_fault_in_the_text_is_told_with_its_place() throws Exception {
        refused(changed("mlp", JSON, t -> t.substring(0, t.length() / 2)), "models/model.json is not JSON, at line 1");
        refused(changed("mlp", JSON, t -> t.replaceFirst("\"as_tensor\"", "\"as_unknown\"")), "'as_unknown' is not known to this version",
                "/graph_module/graph");
        refused(changed("mlp", JSON, t -> t.replaceFirst("\"nodes\":\\[", "\"nodes\":[3,")),
                "at /graph_module/graph/nodes/0: there should be an object, not 3");
        refused(changed("mlp", JSON, t -> t.replaceFirst("\"parameter_name\":\"a.weight\"", "\"parameter_name\":\"a.wrong\"")),
                "there are no data of 'a.wrong'");
        refused(changed("mlp", JSON,
                t -> t.replaceFirst("\"name\":\"input\",\"arg\":\\{\"as_tensor\":\\{\"name\":\"x\"",
                        "\"name\":\"input\",\"arg\":{\"as_tensor\":{\"name\":\"later\"")),
                "node 'linear'", "argument 'input'", "'later' is used before it is made");
        refused(changed("types", JSON, t -> t.replaceFirst("\"as_scalar_type\":6", "\"as_scalar_type\":99")),
                "99 is not the number of an element type");
    }

    @Test void tensors_that_do_not_lie_in_their_data_are_refused() throws Exception {
        refused(changed("mlp", CONFIG, t -> t.replaceFirst("\"as_int\": ?8", "\"as_int\": 4000000000")), "reaches beyond its storage");
        refused(changed("mlp", CONFIG,
                t -> t.replaceFirst("\"storage_offset\": ?\\{\"as_int\": ?0", "\"storage_offset\": {\"as_int\": -1")),
                "begins at element -1");
        refused(changed("mlp", CONFIG, t -> t.replaceFirst("weight_0", "../weight_0")), "the archive has no p/data/weights/../weight_0");
        refused(changed("mlp", CONFIG, t -> t.replace("\"a.weight\"", "\"a..weight\"")), "must not be empty");
    }

    @Test void all_missing_operators_are_listed_at_once() throws Exception {
        Path file = changed("split", JSON, t -> t.replace("torch.ops.aten.chunk.default", "torch.ops.mine.chunk.default")
                .replace("torch.ops.aten.topk.default", "torch.ops.aten.bottomk.default"));
        assertThatThrownBy(() -> ExportedProgram.load(file)).isInstanceOfSatisfying(UnsupportedProgramException.class, e -> {
            assertThat(e.missing()).hasSize(2);
            assertThat(e.missing().getFirst()).startsWith("mine::chunk: ").contains("OperatorLibrary");
            assertThat(e.missing().get(1))
                    .startsWith("aten::bottomk: libtorch 2.13 has no such operator; the program was exported by torch 2.13");
            assertThat(e).hasMessageContaining(file.toString());
        });
    }

    @Test void an_operator_of_pythons_may_be_written_in_java() throws Exception {
        Path file = changed("nonzero", JSON, t -> t.replace("torch.ops.aten.nonzero.default", "torch.ops.mine.where_not_zero.default"));
        try (var scope = Scope.open(); var library = OperatorLibrary.open("mine")) {
            library.define("where_not_zero(Tensor self) -> Tensor");
            library.implement("where_not_zero", Device.Type.CPU, a -> a.tensor("self").nonzero());
            try (var program = ExportedProgram.load(file)) {
                Programs.assertSame("output", program.run(Inputs.of(Programs.inputs("nonzero"))).all().get(1),
                        Programs.expected("nonzero").get("outputs").get(1));
            }
        }
    }

    @Test void what_is_left_of_a_vmap_is_told_to_be_decomposed() {
        assertThatThrownBy(() -> Programs.load("ascan")).isInstanceOf(UnsupportedProgramException.class)
                .hasMessageContaining("run_decompositions()");
    }

    @Test void tokens_and_objects_are_refused_by_name() throws Exception {
        Path token =
                changed("fails", JSON, t -> t.replaceFirst("\\{\"user_input\":\\{\"arg\":\\{\"as_tensor\":\\{\"name\":\"x\"\\}\\}\\}\\}",
                        "{\"token\":{\"arg\":{\"name\":\"x\"}}}"));
        assertThatThrownBy(() -> ExportedProgram.load(token)).isInstanceOf(UnsupportedProgramException.class)
                .hasMessageContaining("the input 'x': it is a token");
        Path object =
                changed("fails", JSON, t -> t.replaceFirst("\\{\"user_input\":\\{\"arg\":\\{\"as_tensor\":\\{\"name\":\"x\"\\}\\}\\}\\}",
                        "{\"custom_obj\":{\"arg\":{\"name\":\"x\",\"class_fqn\":\"a.B\"},\"custom_obj_name\":\"y\"}}"));
        assertThatThrownBy(() -> ExportedProgram.load(object)).isInstanceOf(UnsupportedProgramException.class)
                .hasMessageContaining("the input 'x': it is an object of a custom class");
    }

    @Test void a_program_without_weights_takes_those_of_a_file() throws Exception {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter(); var whole = Programs.load("mlp")) {
            Path weights = folder.resolve("model.safetensors"), graph = folder.resolve("graph.pt2");
            Safetensors.save(weights, whole.stateDict(), Map.of());
            Map<String, byte[]> entries = entries("mlp");
            entries.replaceAll((name, bytes) -> name.matches(".*/weight_\\d+") ? new byte[0] : bytes);
            write(graph, entries);
            refused(graph, "it has no data for a.weight, a.bias, b.weight, b.bias", "LoadOptions.weights");
            Tensor x = (Tensor) Objects.requireNonNull(Programs.inputs("mlp")[0]);
            for (Reading reading : Reading.values()) {
                Path given = reading == Reading.MAPPED ? weights : folder;
                try (var program = ExportedProgram.load(graph, LoadOptions.standard().weights(given).reading(reading))) {
                    assertThat(program.call(x).torchEquals(whole.call(x))).isTrue();
                    assertThat(program.parameters()).allMatch(Tensor::requiresGrad);
                }
            }
            Safetensors.save(weights, Map.of("a.weight", x), Map.of());
            assertThatThrownBy(() -> ExportedProgram.load(graph, LoadOptions.standard().weights(weights))).hasMessageContaining("a.weight")
                    .hasMessageContaining("[8, 4]");
        }
    }

    @Test void a_copied_program_does_not_need_its_file() throws Exception {
        Path file = folder.resolve("mlp.pt2");
        write(file, entries("mlp"));
        try (var scope = Scope.open(); var noGrad = NoGrad.enter();
                var program = ExportedProgram.load(file, LoadOptions.standard().reading(Reading.COPIED))) {
            Files.write(file, new byte[10]);
            Programs.assertSame("output", program.call((Tensor) Objects.requireNonNull(Programs.inputs("mlp")[0])),
                    Programs.expected("mlp").get("outputs").get(0));
        }
    }

    @Test void a_program_of_several_is_chosen_by_its_name() throws Exception {
        Map<String, byte[]> entries = entries("mlp");
        for (String name : List.copyOf(entries.keySet()))
            if (name.contains("model"))
                entries.put(name.replace("models/model.json", "models/other.json").replace("model_", "other_"), entries.get(name));
        Path file = folder.resolve("two.pt2");
        write(file, entries);
        refused(file, "it has the programs [model, other]");
        ExportedProgram.load(file, LoadOptions.standard().model("other")).close();
        assertThatThrownBy(() -> ExportedProgram.load(file, LoadOptions.standard().model("third")))
                .hasMessageContaining("no program 'third'");
    }
}
