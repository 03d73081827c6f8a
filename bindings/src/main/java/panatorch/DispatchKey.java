package panatorch;

/** A dispatch key: selects the calls of an operator that a kernel handles. The constants have PyTorch's names. */
public enum DispatchKey {
    CPU("CPU"), CUDA("CUDA"), META("Meta"), MPS("MPS"), XPU("XPU"),
    /** Tensors of every device that has no kernel of its own. */
    COMPOSITE_EXPLICIT_AUTOGRAD("CompositeExplicitAutograd"),
    /**
     * Tensors of every device, recorded or not: the kernel calls operators that record themselves, so it needs no formula for gradients.
     */
    COMPOSITE_IMPLICIT_AUTOGRAD("CompositeImplicitAutograd"),
    /**
     * Calls that may have to record for {@code backward}, of every device, before the kernels of the device. What this kernel calls is
     * recorded, unless it is inside {@link BelowAutograd}.
     */
    AUTOGRAD("Autograd");

    private final String text;

    DispatchKey(String text) { this.text = text; }

    /** PyTorch's name: {@code CompositeExplicitAutograd}. */
    @Override public String toString() { return text; }

    /** Returns whether libtorch has recorded the call, or decided not to, before it calls such a kernel. */
    boolean belowAutograd() {
        return this != COMPOSITE_IMPLICIT_AUTOGRAD && this != AUTOGRAD;
    }

    static DispatchKey of(Device.Type type) { return valueOf(type.name()); }
}
