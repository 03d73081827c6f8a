package panatorch.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import panatorch.Torch;

/** Where libtorch is taken from, in which order, and the sentence of each way in which that fails. Each start is a process. */
@EnabledOnOs(OS.LINUX)
class NativesSearchTest {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final String RESULT = "result 8.0 from ";

    @TempDir
    Path folder;

    /** A folder with this process's libraries. */
    static Path libraries(Path folder, Predicate<String> wanted) throws IOException {
        Files.createDirectories(folder);
        try (Stream<Path> files = Files.list(Torch.libraryFolder())) {
            for (Path file : (Iterable<Path>) files
                    .filter(f -> f.toString().contains(".so") && wanted.test(f.getFileName().toString()))::iterator) {
                try {
                    Files.createLink(folder.resolve(file.getFileName()), file);
                } catch (IOException | UnsupportedOperationException otherDisk) {
                    Files.copy(file, folder.resolve(file.getFileName()));
                }
            }
        }
        return folder;
    }

    private String start(String... options) throws Exception { return ChildJvm.run(LibraryStart.class, LIMIT, options).output(); }

    private String startWith(String classPath, String... options) throws Exception {
        return ChildJvm.await(new ProcessBuilder(ChildJvm.command(LibraryStart.class.getName(), classPath, options)), LIMIT).output();
    }

    private Path compiled(String name, String source, String... options) throws Exception {
        Path c = Files.writeString(folder.resolve("source.c"), source), library = folder.resolve(name);
        Files.createDirectories(library.getParent());
        try {
            Process cc = new ProcessBuilder(
                    Stream.concat(Stream.of("cc", "-shared", "-fPIC", "-o", library.toString(), c.toString()), Stream.of(options)).toList())
                    .redirectErrorStream(true).start();
            assertThat(cc.waitFor()).as(new String(cc.getInputStream().readAllBytes())).isZero();
        } catch (IOException e) {
            Assumptions.abort("needs a C compiler, cc, on the PATH");
        }
        return library;
    }

    @Test void a_named_folder_comes_before_the_class_path() throws Exception {
        Path named = libraries(folder.resolve("libtorch/lib"), name -> true);
        assertThat(start("-Dpanatorch.libtorch=" + named)).contains(RESULT + named);
        assertThat(start("-Dpanatorch.libtorch=" + named.getParent())).as("the folder above").contains(RESULT + named);
        var builder = new ProcessBuilder(ChildJvm.command(LibraryStart.class.getName(), System.getProperty("java.class.path")));
        builder.environment().put("PANATORCH_LIBTORCH", named.toString());
        assertThat(ChildJvm.await(builder, LIMIT).output()).contains(RESULT + named);
    }

    @Test void without_a_name_it_is_that_of_the_class_path() throws Exception {
        assertThat(start()).contains(RESULT + Torch.libraryFolder());
    }

    @Test void a_python_s_libtorch_is_used_with_the_JavaCPP_of_the_class_path() throws Exception {
        String python = System.getenv("PYTHON");
        Assumptions.assumeTrue(python != null, "set PYTHON to an interpreter with torch " + Torch.version());
        Process asked =
                new ProcessBuilder(python, "-c", "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])")
                        .start();
        Path lib = Path.of(new String(asked.getInputStream().readAllBytes()).strip(), "lib");
        assertThat(start("-Dpanatorch.libtorch=" + lib, "-Dpanatorch.cache=" + folder)).contains(RESULT + lib);
    }

    @Test void natives_with_cuda_come_before_those_without() throws Exception {
        Path jar = gpuJar(Files.list(Torch.libraryFolder()).filter(f -> f.toString().contains(".so")).toList());
        String first =
                startWith(jar + File.pathSeparator + System.getProperty("java.class.path"), "-Dpanatorch.cache=" + folder.resolve("cache"));
        String last =
                startWith(System.getProperty("java.class.path") + File.pathSeparator + jar, "-Dpanatorch.cache=" + folder.resolve("cache"));
        assertThat(first).contains(RESULT + folder.resolve("cache") + "/pytorch-gpu");
        assertThat(last).contains(RESULT + folder.resolve("cache") + "/pytorch-gpu");
    }

    @Test void natives_with_cuda_that_miss_a_library_give_way_to_those_without_and_say_so() throws Exception {
        compiled("cuda/libcublas.so.99", "int cublas(void) { return 1; }", "-Wl,-soname,libcublas.so.99");
        Path cuda = compiled("libtorch_cuda.so", "int cublas(void); int cuda(void) { return cublas(); }",
                folder.resolve("cuda/libcublas.so.99").toString());
        Path jar = gpuJar(List.of(cuda, Torch.libraryFolder().resolve("libjnitorch.so")));
        String output = startWith(jar + File.pathSeparator + System.getProperty("java.class.path"),
                "-Dpanatorch.cache=" + folder.resolve("cache"), "-Dlog4j2.level=warn");
        assertThat(output).contains("libtorch with CUDA is on the class path but cannot be used: ",
                "needs CUDA's library libcublas.so.99, which is not here: put its folder into LD_LIBRARY_PATH, or take libtorch without "
                        + "CUDA.")
                .contains(RESULT + folder.resolve("cache") + "/pytorch-" + Torch.version());
    }

    @Test void the_cuda_libraries_of_javacpp_s_jars_are_unpacked_beside_libtorch() throws Exception {
        Path cublas = compiled("cuda/libcublas.so.99", "int cublas(void) { return 1; }", "-Wl,-soname,libcublas.so.99");
        Path cuda = compiled("libtorch_cuda.so", "int cublas(void); int cuda(void) { return cublas(); }", cublas.toString(),
                "-Wl,-rpath,$ORIGIN");
        var libraries = new ArrayList<>(Files.list(Torch.libraryFolder()).filter(f -> f.toString().contains(".so")).toList());
        libraries.add(cuda);
        Path jar = gpuJar(libraries), redistributed = folder.resolve("cuda-13.1-9.17-1.5.14-linux-x86_64-redist-cublas.jar");
        try (var out = new JarOutputStream(Files.newOutputStream(redistributed), new java.util.jar.Manifest())) {
            out.putNextEntry(new JarEntry("org/bytedeco/cuda/linux-x86_64/libcublas.so.99"));
            Files.copy(cublas, out);
        }
        Files.delete(cublas);
        assertThat(startWith(jar + File.pathSeparator + redistributed + File.pathSeparator + System.getProperty("java.class.path"),
                "-Dpanatorch.cache=" + folder.resolve("cache")))
                .contains(RESULT + folder.resolve("cache") + "/pytorch-gpu");
    }

    private Path gpuJar(List<Path> libraries) throws IOException {
        Path jar = folder.resolve("pytorch-gpu.jar");
        try (var out = new JarOutputStream(Files.newOutputStream(jar))) {
            out.setLevel(Deflater.NO_COMPRESSION);
            for (Path library : libraries) {
                out.putNextEntry(new JarEntry("org/bytedeco/pytorch/linux-x86_64-gpu/" + library.getFileName()));
                Files.copy(library, out);
            }
        }
        return jar;
    }

    @Test void the_cuda_libraries_that_pip_put_beside_torch_are_found() throws Exception {
        Path lib = libraries(folder.resolve("site-packages/torch/lib"), name -> true);
        Path cublas = compiled("site-packages/nvidia/cublas/lib/libcublas.so.99", "int cublas(void) { return 1; }",
                "-Wl,-soname,libcublas.so.99");
        compiled("site-packages/torch/lib/libtorch_cuda.so", "int cublas(void); int cuda(void) { return cublas(); }", cublas.toString());
        assertThat(start("-Dpanatorch.libtorch=" + lib)).contains(RESULT + lib);
        Files.delete(cublas);
        assertThat(start("-Dpanatorch.libtorch=" + lib)).contains("sentence " + lib.resolve("libtorch_cuda.so")
                + " needs CUDA's library libcublas.so.99, which is not here: put its folder into LD_LIBRARY_PATH, or take libtorch "
                + "without CUDA.");
    }

    @Test void another_version_of_libtorch_is_a_sentence() throws Exception {
        Path lib = libraries(folder.resolve("torch/lib"), name -> true);
        Files.writeString(folder.resolve("torch/version.py"), "from typing import Optional\n\n__version__ = '2.12.1+cpu'\n");
        String sentence = "sentence The libtorch in " + lib
                + " is 2.12.1, but JavaCPP's part needs 2.13.0: name a folder that holds it, as pip install torch==2.13.0 "
                + "makes one.";
        assertThat(start("-Dpanatorch.libtorch=" + lib)).contains(sentence);
        Files.delete(folder.resolve("torch/version.py"));
        Files.writeString(folder.resolve("torch/build-version"), "2.12.1+cpu\n");
        assertThat(start("-Dpanatorch.libtorch=" + lib)).contains(sentence);
    }

    @Test void another_version_that_only_the_library_tells_is_a_sentence() throws Exception {
        Path library =
                compiled("lib/libtorch_cpu.so", "unsigned long aoti_torch_abi_version(void) { return 2UL << 56 | 9UL << 48 | 1UL << 40; }");
        assertThat(start("-Dpanatorch.libtorch=" + library.getParent(), "-Dpanatorch.cache=" + folder))
                .contains("sentence The libtorch in " + library.getParent() + " is 2.9.1, but");
        compiled("lib/libtorch_cpu.so", "int of_an_old_one(void) { return 0; }");
        assertThat(start("-Dpanatorch.libtorch=" + library.getParent(), "-Dpanatorch.cache=" + folder))
                .contains("sentence The libtorch in " + library.getParent() + " is older, but");
    }

    @Test void a_folder_without_libtorch_is_a_sentence() throws Exception {
        assertThat(start("-Dpanatorch.libtorch=" + folder)).contains("sentence -Dpanatorch.libtorch names " + folder
                + ", in which there is no libtorch_cpu.so: name the folder lib of libtorch 2.13.0, or torch/lib of a PyTorch 2.13.0 that "
                + "pip installed.");
        assertThat(start("-Dpanatorch.libtorch=" + folder.resolve("none"))).contains("sentence -Dpanatorch.libtorch names "
                + folder.resolve("none") + ", which is not a folder: name the folder lib of libtorch 2.13.0.");
    }

    @Test void a_missing_JNI_library_is_a_sentence() throws Exception {
        Path lib = libraries(folder.resolve("lib"), name -> !name.startsWith("libjni"));
        String withoutNatives = ChildJvm.classPathWithout(name -> name.matches("pytorch-.*-linux-.*\\.jar"));
        assertThat(startWith(withoutNatives, "-Dpanatorch.libtorch=" + lib))
                .contains("sentence JavaCPP's part of libtorch, libjnitorch.so, is neither in " + lib
                        + " nor on the class path: add org.bytedeco:pytorch with the classifier linux-");
        assertThat(startWith(withoutNatives))
                .contains("sentence No usable libtorch was found: add org.bytedeco:pytorch with the classifier linux-")
                .contains("or name a folder with -Dpanatorch.libtorch=DIR.");
        assertThat(startWith(ChildJvm.classPathWithout(name -> name.matches("openblas-.*-linux-.*\\.jar"))))
                .contains("sentence The natives of openblas for linux-")
                .contains("are not on the class path: add org.bytedeco:openblas with the classifier linux-");
    }

    @Test void another_missing_library_is_named() throws Exception {
        Path lib = libraries(folder.resolve("lib"), name -> !name.equals("libtorch.so"));
        compiled("libelse.so.7", "int other(void) { return 1; }", "-Wl,-soname,libelse.so.7");
        compiled("lib/libtorch.so", "int other(void); int torch(void) { return other(); }", folder.resolve("libelse.so.7").toString());
        assertThat(start("-Dpanatorch.libtorch=" + lib)).contains("sentence " + lib.resolve("libtorch.so")
                + " needs the library libelse.so.7, which is not here: install the system's package that has it, or put its folder into "
                + "LD_LIBRARY_PATH.");
    }

    @Test void a_second_libtorch_in_the_process_is_a_sentence() throws Exception {
        Path other = Files.copy(Torch.libraryFolder().resolve("libc10.so"), folder.resolve("libc10.so"));
        var command = ChildJvm.command(LibraryStart.class.getName(), System.getProperty("java.class.path"));
        command.add(other.toString());
        assertThat(ChildJvm.await(new ProcessBuilder(command), LIMIT).output())
                .contains("sentence This process has loaded another libtorch already, from " + folder
                        + ", and a process can hold only one: remove the library that loaded it, or have both use it, if its version is "
                        + "2.13.0, with -Dpanatorch.libtorch="
                        + folder + ".");
        command.set(command.size() - 1, Torch.libraryFolder().resolve("libc10.so").toString());
        assertThat(ChildJvm.await(new ProcessBuilder(command), LIMIT).output()).as("the same one").contains(RESULT);
    }

    @Test void a_second_class_loader_is_a_sentence() throws Exception {
        assertThat(ChildJvm.run(TwoClassLoaders.class, LIMIT).output()).contains(RESULT + Torch.libraryFolder())
                .contains("sentence " + Torch.libraryFolder().resolve("libtorch.so")
                        + " was loaded by another class loader of this process, but a native library belongs to one class loader: "
                        + "put the jars of "
                        + "PanaTorch and JavaCPP where all applications"
                        + " have them from one class loader, such as Tomcat's folder lib, and take them out of the applications, or "
                        + "start the "
                        + "process again.");
    }

    @Test void JavaCPP_of_another_class_loader_is_a_sentence() throws Exception {
        var command = ChildJvm.command(TwoClassLoaders.class.getName(), System.getProperty("java.class.path"));
        command.add("apart");
        assertThat(ChildJvm.await(new ProcessBuilder(command), LIMIT).output()).contains(
                "sentence JavaCPP and PanaTorch were loaded by different class loaders, but a native library belongs to one class loader: "
                        + "put the jars of both into the same place, such as Tomcat's folder lib.");
    }

    @Test void applications_that_share_a_class_loader_come_and_go() throws Exception {
        assertThat(ChildJvm.run(SharedClassLoader.class, LIMIT).output()).contains("gradient 120.0", "deployment 1 is gone",
                "deployment 2 is gone", "deployment 3 is gone");
    }

    @Test void threads_are_those_of_the_container_unless_something_else_was_said() throws Exception {
        var builder = new ProcessBuilder(
                ChildJvm.command(LibraryStart.class.getName(), System.getProperty("java.class.path"), "-XX:ActiveProcessorCount=1"));
        builder.environment().remove("OMP_NUM_THREADS");
        assertThat(ChildJvm.await(builder, LIMIT).output()).contains("with 1 threads");
        builder.environment().put("OMP_NUM_THREADS", "3");
        assertThat(ChildJvm.await(builder, LIMIT).output()).contains("with 3 threads");
        assertThat(start("-XX:ActiveProcessorCount=1", "-Dpanatorch.threads=2")).contains("with 2 threads");
        assertThat(start("-Dpanatorch.threads=many"))
                .contains("sentence -Dpanatorch.threads must be a whole number from 1 to 999, not many.");
    }

    /** On Linux {@code taskset} ties a process to some cores, as a container's cpuset does. */
    @Test
    @EnabledOnOs(OS.LINUX) void threads_are_no_more_than_the_cores_that_the_process_may_run_on() throws Exception {
        Assumptions.assumeTrue(Stream.of(System.getenv("PATH").split(":")).anyMatch(p -> Files.isExecutable(Path.of(p, "taskset"))),
                "needs taskset on the PATH");
        String allowed = Files.readString(Path.of("/proc/self/status")).replaceFirst("(?s).*Cpus_allowed_list:\\s*(\\d+).*", "$1");
        var command = new ArrayList<>(List.of("taskset", "-c", allowed));
        command.addAll(ChildJvm.command(LibraryStart.class.getName(), System.getProperty("java.class.path")));
        var builder = new ProcessBuilder(command);
        builder.environment().remove("OMP_NUM_THREADS");
        assertThat(ChildJvm.await(builder, LIMIT).output()).contains("with 1 threads");
    }
}
