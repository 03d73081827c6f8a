package panatorch.internal.libtorch;

/**
 * A list of tensors that is reused from call to call, as making a list costs more than many operators. This object has its own reference to
 * the list. A count of more than one after the call means that the operator kept the list, which is then given up.
 */
public final class SpareList {
    /** The largest number of tensors in the list. */
    public static final int CAPACITY = 16;

    private long object;
    private boolean inUse;

    /** Returns the empty list, with a reference that the caller owns; 0 if it is in use. */
    public long take() {
        if (inUse) return 0;
        inUse = true;
        if (object == 0) object = NativeLists.tensors(CAPACITY);
        References.retain(object);
        return object;
    }

    public boolean inUse() { return inUse; }

    /** Releases the tensors in the list after the call, when {@code stack} is empty. */
    public void empty(DispatcherStack stack) {
        inUse = false;
        if (References.count(object) > 1) {
            stack.push(Tag.LIST, object);
            object = 0;
        } else {
            for (int i = 0, n = NativeLists.size(object); i < n; i++) stack.push(Tag.TENSOR, NativeLists.payload(object, i));
            NativeLists.forget(object);
        }
        stack.release();
    }
}
