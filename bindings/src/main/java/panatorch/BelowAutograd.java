package panatorch;

import org.bytedeco.pytorch.global.torch;

/**
 * While open, operators of this thread are computed by their devices' kernels at once, past those that record for
 * {@code backward}. A kernel for {@link DispatchKey#AUTOGRAD} reaches in it the operator's other kernels. Closing restores what was
 * before; guards close in the reverse order of their opening, on the thread that opened them.
 */
public final class BelowAutograd extends Mode {
    private static final short[] KEYS = {torch.parseDispatchKey("AutogradFunctionality"), torch.parseDispatchKey("AutogradOther"), torch.parseDispatchKey("AutogradNestedTensor")};
    private boolean before;

    private BelowAutograd() { open(); }

    public static BelowAutograd enter() { return new BelowAutograd(); }

    @Override void set() {
        before = torch.tls_is_dispatch_key_excluded(KEYS[0]);
        if (!before) exclude(true);
    }

    @Override void unset() {
        if (!before) exclude(false);
    }

    private static void exclude(boolean on) {
        for (short key : KEYS) torch.tls_set_dispatch_key_excluded(key, on);
    }
}
