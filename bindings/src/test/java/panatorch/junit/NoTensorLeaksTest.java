package panatorch.junit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/** What a user reads who forgets to close tensors in a test. */
class NoTensorLeaksTest {
    private static final List<Tensor> LEFT = new ArrayList<>();

    private static void leave(int tensors) {
        for (int i = 0; i < tensors; i++) {
            synchronized (LEFT) {
                LEFT.add(Torch.ones(1));
            }
        }
    }

    @AfterEach void close() {
        LEFT.forEach(Tensor::close);
        LEFT.clear();
    }

    private static List<String> failures(Class<?>... classes) {
        var messages = new ArrayList<String>();
        var request = LauncherDiscoveryRequestBuilder.request().configurationParameter("junit.jupiter.execution.parallel.enabled", "true")
                .configurationParameter("junit.jupiter.execution.parallel.mode.default", "concurrent");
        for (var c : classes) request.selectors(selectClass(c));
        LauncherFactory.create().execute(request.build(), new TestExecutionListener() {
            @Override public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                result.getThrowable().ifPresent(t -> messages.add(t.getMessage()));
            }
        });
        return messages;
    }

    @NoTensorLeaks
    static class Careless {
        @Test void forgets_two() { leave(2); }

        @ParameterizedTest
        @ValueSource(ints = {0, 1, 2}) void forgets_some(int n) { leave(n); }

        @Test void forgets_none() {
            try (var scope = Scope.open()) {
                Torch.ones(1).add(1);
            }
        }
    }

    @Test void the_error_names_the_class_the_number_the_tests_and_the_remedy() {
        assertThat(failures(Careless.class)).singleElement().asString().startsWith("NoTensorLeaksTest$Careless left 5 tensors behind, in ")
                .contains("forgets_two (2)", "forgets_some (3)").doesNotContain("forgets_none")
                .endsWith(
                        ". Make tensors within try (var scope = Scope.open()), or close them; -Dpanatorch.leaks=trace shows where they "
                                + "were made.");
    }

    @NoTensorLeaks
    static class Shared {
        private static Tensor shared;

        @BeforeAll static void make() { shared = Torch.ones(1); }

        @AfterAll static void close() { shared.close(); }

        @Test void uses_what_all_share() { assertThat(shared.numel()).isEqualTo(1); }
    }

    @Test void what_a_class_makes_before_and_closes_after_all_its_tests_is_no_leak() {
        assertThat(failures(Shared.class)).isEmpty();
    }

    @NoTensorLeaks
    static class Outer {
        @Test void forgets_none() {}

        @Nested
        class Inner {
            @Test void forgets_one() { leave(1); }
        }
    }

    @Test void a_nested_class_s_leak_is_told_once_and_there() {
        assertThat(failures(Outer.class)).singleElement().asString().startsWith("Inner left 1 tensor behind, in forgets_one (1).");
    }

    @NoTensorLeaks
    static class SlowA {
        @ParameterizedTest
        @ValueSource(ints = {0, 1, 2, 3}) void uses_tensors_for_a_while(int n) throws InterruptedException { slow(); }
    }

    @NoTensorLeaks
    static class SlowB {
        @ParameterizedTest
        @ValueSource(ints = {0, 1, 2, 3, 4, 5}) void uses_tensors_for_a_while(int n) throws InterruptedException {
            slow();
        }
    }

    private static void slow() throws InterruptedException {
        try (var scope = Scope.open()) {
            for (int i = 0; i < 10; i++) {
                Torch.ones(1);
                Thread.sleep(2);
            }
        }
    }

    @Test void classes_that_run_in_parallel_do_not_count_each_other_s_tensors() {
        assertThat(failures(SlowA.class, SlowB.class)).isEmpty();
    }
}
