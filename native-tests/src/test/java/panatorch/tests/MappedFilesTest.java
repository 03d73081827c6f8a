package panatorch.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.nn.Linear;
import panatorch.serialize.Checkpoints;
import panatorch.serialize.Npy;
import panatorch.serialize.Reading;
import panatorch.serialize.Safetensors;
import panatorch.serialize.StateDicts;
import panatorch.serialize.TorchFile;

/**
 * Files of weights that are overwritten and cut short in place while their tensors live: each in a process of its own, as one of them ends
 * it.
 */
class MappedFilesTest {
    private static final long SIDE = 1000;

    @TempDir
    Path folder;

    /** Loads all kinds of files, spoils them, and uses what was loaded. */
    static final class Loads {
        private Loads() {}

        static void main(String[] args) throws IOException {
            Path folder = Path.of(args[0]);
            try (var scope = Scope.open(); var model = new Linear(SIDE, SIDE, false)) {
                Map<String, Tensor> weights = Map.of("weight", Torch.ones(SIDE, SIDE));
                Safetensors.save(folder.resolve("a.safetensors"), weights, Map.of());
                Safetensors.saveSharded(folder, weights, Map.of(), 1 << 20);
                TorchFile.save(folder.resolve("a.pt"), weights);
                Npy.saveAll(folder.resolve("a.npz"), weights);
                Npy.save(folder.resolve("a.npy"), weights.get("weight"));
                Checkpoints.write(folder.resolve("a.ckpt"), Map.of("model", weights));
                var loaded = new LinkedHashMap<String, Object>();
                for (String name : List.of("a.safetensors", "model.safetensors.index.json", "a.pt", "a.npz"))
                    loaded.put(name, StateDicts.load(folder.resolve(name)).get("weight"));
                loaded.put("torch", ((Map<?, ?>) TorchFile.load(folder.resolve("a.pt"))).get("weight"));
                loaded.put("a.npy", Npy.load(folder.resolve("a.npy")));
                loaded.put("a.ckpt", ((Map<?, ?>) Checkpoints.read(folder.resolve("a.ckpt")).get("model")).get("weight"));
                model.loadStateDict(StateDicts.load(folder.resolve("a.pt"), Reading.MAPPED));
                loaded.put("a model", model.stateDict().get("weight"));
                spoil(folder);
                loaded.forEach((name, t) -> System.out.println(name + " " + ((Tensor) t).sum().itemLong()));
            }
        }
    }

    /** Maps a file, spoils it, and looks at the tensor from Java, or by an operator. */
    static final class Maps {
        private Maps() {}

        static void main(String[] args) throws IOException {
            Path file = Path.of(args[0]).resolve("a.safetensors");
            try (var scope = Scope.open()) {
                Safetensors.save(file, Map.of("weight", Torch.ones(SIDE, SIDE)), Map.of());
                Tensor weight = Safetensors.load(file, Reading.MAPPED).get("weight");
                spoil(file.getParent());
                if (args[1].equals("operator")) System.out.println("sum " + weight.sum().itemLong());
                try {
                    System.out.println("last " + weight.data().getAtIndex(ValueLayout.JAVA_FLOAT, SIDE * SIDE - 1));
                } catch (InternalError e) {
                    System.out.println("from Java it is an exception");
                }
            }
        }
    }

    private static void spoil(Path folder) throws IOException {
        List<Path> all;
        try (var files = Files.list(folder)) {
            all = files.filter(f -> !f.toString().endsWith(".log")).toList();
        }
        for (Path f : all) {
            try (var file = new RandomAccessFile(f.toFile(), "rw")) {
                file.write(new byte[(int) Math.min(file.length(), 2_000_000)]);
                file.setLength(4096);
            }
        }
    }

    private ChildJvm child(Class<?> main, String... arguments) throws IOException, InterruptedException {
        var command = new ArrayList<>(ChildJvm.command(main.getName(), System.getProperty("java.class.path"), "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=" + folder.resolve("crash.log")));
        command.add(folder.toString());
        command.addAll(List.of(arguments));
        return ChildJvm.await(new ProcessBuilder(command), Duration.ofMinutes(2));
    }

    @Test void what_is_loaded_without_asking_for_a_mapping_is_not_one_nor_are_the_parameters_of_a_model_ever() throws Exception {
        ChildJvm child = child(Loads.class);
        assertThat(child.output().lines()).containsExactly("a.safetensors 1000000", "model.safetensors.index.json 1000000", "a.pt 1000000",
                "a.npz 1000000", "torch 1000000", "a.npy 1000000",
                "a.ckpt 1000000", "a model 1000000");
        assertThat(child.status()).isZero();
    }

    @Test void of_a_mapped_file_that_was_cut_short_java_s_own_access_is_an_exception() throws Exception {
        assumeTrue(Files.exists(Path.of("/proc/self/maps")), "skipped: what a mapping does then is tested on Linux");
        ChildJvm child = child(Maps.class, "java");
        assertThat(child.output()).contains("from Java it is an exception");
        assertThat(child.status()).isZero();
    }

    /** What {@link Reading#MAPPED} says of it; should this ever fail, so much the better, and the text is to be changed. */
    @Test void and_an_operator_ends_the_process() throws Exception {
        assumeTrue(Files.exists(Path.of("/proc/self/maps")), "skipped: what a mapping does then is tested on Linux");
        ChildJvm child = child(Maps.class, "operator");
        assertThat(child.output()).contains("SIGBUS");
        assertThat(child.status()).isNotZero();
    }
}
