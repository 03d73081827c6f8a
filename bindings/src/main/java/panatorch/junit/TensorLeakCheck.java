package panatorch.junit;

import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import panatorch.Torch;

/** Compares the number of live tensors before and after a test class. */
@SuppressWarnings("exports")
public final class TensorLeakCheck implements BeforeAllCallback, AfterAllCallback {
    private static final ExtensionContext.Namespace SPACE = ExtensionContext.Namespace.create(TensorLeakCheck.class);

    @Override public void beforeAll(ExtensionContext context) { context.getStore(SPACE).put("before", Torch.liveTensors()); }

    @Override public void afterAll(ExtensionContext context) {
        long leaked = Torch.liveTensors() - context.getStore(SPACE).get("before", Long.class);
        if (leaked <= 0) return; // fewer than before: garbage of an earlier class was collected meanwhile
        var error = new AssertionError(context.getDisplayName() + " left " + leaked + " tensors behind"
                + (Torch.liveTensorSites().isEmpty() ? "; -Dpanatorch.leaks=trace shows where they were made" : ""));
        Torch.liveTensorSites().forEach(error::addSuppressed);
        throw error;
    }
}
