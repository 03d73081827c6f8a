package panatorch.house;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The dependencies between modules and between packages, read from the compiled classes. */
class ArchitectureTest {
    /** Modules from the bottom up: each may use those before it. */
    private static final List<String> MODULES = List.of("bindings", "nn", "nn/export", "apps/serve", "apps/serve/http",
            "apps/serve/grpc", "apps/serve/micrometer", "datasets/text", "datasets/text/djl", "datasets", "apps/spark", "apps");

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .importPaths(MODULES.stream().map(ArchitectureTest::folder).filter(Files::isDirectory).toList());

    /** Methods that Java restricts, since wrong use of them ends the process. */
    private static final Map<Class<?>, Set<String>> RESTRICTED = Map.of(Linker.class, Set.of("downcallHandle", "upcallStub"),
            MemorySegment.class, Set.of("reinterpret"), SymbolLookup.class, Set.of("libraryLookup"), AddressLayout.class,
            Set.of("withTargetLayout"), System.class, Set.of("load", "loadLibrary"), Runtime.class, Set.of("load", "loadLibrary"),
            ModuleLayer.Controller.class, Set.of("enableNativeAccess"));

    private static Path folder(String module) { return Sources.ROOT.resolve(module).resolve("target/classes"); }

    /** Returns the place of the class's module in {@link #MODULES}, or -1 for a class of a library. */
    private static int module(JavaClass c) {
        return c.getSource().filter(s -> s.getUri().getScheme().equals("file")).map(s -> Path.of(s.getUri()))
                .map(file -> MODULES.indexOf(MODULES.stream().filter(m -> file.startsWith(folder(m))).findFirst().orElse(""))).orElse(-1);
    }

    private static Stream<String> dependencies(Predicate<Dependency> wrong) {
        return CLASSES.stream().flatMap(c -> c.getDirectDependenciesFromSelf().stream()).filter(wrong).map(Dependency::getDescription);
    }

    @Test void the_classes_are_found() {
        assertThat(CLASSES.stream().filter(c -> module(c) == 0)).hasSizeGreaterThan(100);
        assertThat(CLASSES.stream().filter(c -> module(c) == 1)).hasSizeGreaterThan(100);
    }

    @Test void modules_use_only_modules_below_them() {
        assertThat(dependencies(d -> module(d.getTargetClass()) > module(d.getOriginClass()))).isEmpty();
    }

    @Test void only_the_bindings_use_javacpp() {
        assertThat(dependencies(d -> d.getTargetClass().getPackageName().startsWith("org.bytedeco") && module(d.getOriginClass()) > 0))
                .isEmpty();
    }

    @Test void no_packages_use_each_other_in_a_circle() {
        slices().matching("(panatorch..)").should().beFreeOfCycles().check(CLASSES);
    }

    @Test void restricted_methods_are_called_in_internal_packages_only() {
        assertThat(CLASSES.stream().filter(c -> !c.getPackageName().startsWith("panatorch.internal"))
                .flatMap(c -> c.getCodeUnitCallsFromSelf().stream()).filter(call -> isRestricted(call.getTarget()))
                .map(Object::toString)).isEmpty();
    }

    private static boolean isRestricted(CodeUnitAccessTarget method) {
        return RESTRICTED.entrySet().stream()
                .anyMatch(e -> method.getOwner().isEquivalentTo(e.getKey()) && e.getValue().contains(method.getName()));
    }
}
