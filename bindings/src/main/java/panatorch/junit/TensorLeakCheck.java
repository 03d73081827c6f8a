package panatorch.junit;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import panatorch.Torch;

/** Compares the number of live tensors before and after a test class, and, for the message, before and after each of its tests. */
@SuppressWarnings("exports")
public final class TensorLeakCheck implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback, AfterAllCallback {
    private static final ExtensionContext.Namespace SPACE = ExtensionContext.Namespace.create(TensorLeakCheck.class);

    /** The state of a test class; {@code outer} is that of the enclosing class. */
    private static final class ClassState {
        final @Nullable ClassState outer;
        final Set<Throwable> sitesBefore = identities(Torch.liveTensorSites());
        /** The number of tensors that each test method left. */
        final Map<String, Long> tests = new LinkedHashMap<>();
        long before = Torch.liveTensors(), beforeTest;

        ClassState(@Nullable ClassState outer) { this.outer = outer; }
    }

    private static Set<Throwable> identities(List<Throwable> sites) {
        Set<Throwable> set = Collections.newSetFromMap(new IdentityHashMap<>());
        set.addAll(sites);
        return set;
    }

    private static ClassState state(ExtensionContext context) { return context.getStore(SPACE).get("class", ClassState.class); }

    @Override public void beforeAll(ExtensionContext context) {
        var state = new ClassState(state(context));
        context.getStore(SPACE).put("class", state);
    }

    @Override public void beforeEach(ExtensionContext context) { state(context).beforeTest = Torch.liveTensors(); }

    @Override public void afterEach(ExtensionContext context) {
        ClassState state = state(context);
        long left = Torch.liveTensors() - state.beforeTest;
        if (left > 0) state.tests.merge(context.getRequiredTestMethod().getName(), left, Long::sum);
    }

    @Override public void afterAll(ExtensionContext context) {
        ClassState state = state(context);
        long leaked = Torch.liveTensors() - state.before;
        if (leaked <= 0) return; // fewer than before: garbage of an earlier class was collected meanwhile
        for (ClassState s = state.outer; s != null; s = s.outer) s.before += leaked; // reported once
        List<Throwable> sites = Torch.liveTensorSites().stream().filter(s -> !state.sitesBefore.contains(s)).toList();
        var error = new AssertionError(context.getDisplayName() + " left " + leaked + (leaked == 1 ? " tensor" : " tensors") + " behind"
                + (state.tests.isEmpty() ? ""
                        : ", in " + state.tests.entrySet().stream().map(e -> e.getKey() + " (" + e.getValue() + ")")
                                .collect(Collectors.joining(", ")))
                + ". Make tensors within try (var scope = Scope.open()), or close them"
                + (sites.isEmpty() ? "; -Dpanatorch.leaks=trace shows where they were made." : "; where they were made is below."));
        sites.forEach(error::addSuppressed);
        throw error;
    }
}
