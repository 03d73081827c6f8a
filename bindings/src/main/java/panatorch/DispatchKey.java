package panatorch;

/** A dispatch key: selects the calls of an operator that a kernel handles. The constants have PyTorch's names. */
public enum DispatchKey {
    CPU("CPU"), CUDA("CUDA"), META("Meta"), MPS("MPS"), XPU("XPU"),
    /** Calls on tensors of every device that has no kernel of its own. */
    COMPOSITE_EXPLICIT_AUTOGRAD("CompositeExplicitAutograd"),
    /**
     * Calls on tensors of every device, recorded or not. The kernel calls operators that record themselves, so it needs no formula for
     * gradients.
     */
    COMPOSITE_IMPLICIT_AUTOGRAD("CompositeImplicitAutograd"),
    /**
     * Calls on tensors of every device that may have to be recorded for {@code backward}, before the kernels of the device. Operators that
     * this kernel calls are recorded, unless inside {@link BelowAutograd}.
     */
    AUTOGRAD("Autograd"),
    /**
     * Calls inside {@code panatorch.func}'s {@code vmap} on tensors with a hidden batch dimension: an operator's rule for it. The kernel
     * calls operators that have such a rule.
     */
    FUNC_TORCH_BATCHED("FuncTorchBatched");

    private final String text;

    DispatchKey(String text) { this.text = text; }

    /** Returns PyTorch's name, such as {@code CompositeExplicitAutograd}. */
    @Override public String toString() { return text; }

    /** Returns whether libtorch calls such a kernel only after it has recorded the call or decided not to. */
    boolean belowAutograd() {
        return this != COMPOSITE_IMPLICIT_AUTOGRAD && this != AUTOGRAD && this != FUNC_TORCH_BATCHED;
    }

    static DispatchKey of(Device.Type type) { return valueOf(type.name()); }
}
