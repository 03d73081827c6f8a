package panatorch.internal.libtorch;

/**
 * A list of tensors that is filled for one call after the other: making one costs more than many an operator. It has a reference to the
 * list of its own, so a count of more than one after the call says that the operator kept the list, which then is another's.
 */
public final class SpareList {
    /** The most tensors it takes. */
    public static final int CAPACITY = 16;

    private long object;
    private boolean inUse;

    /** The empty list, with a reference for the caller; 0 if it is in use. */
    public long take() {
        if (inUse) return 0;
        inUse = true;
        if (object == 0) object = NativeLists.tensors(CAPACITY);
        References.retain(object);
        return object;
    }

    public boolean inUse() { return inUse; }

    /** After the call, when {@code stack} is empty: frees what is in the list. */
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
