package panatorch.serialize;

/** How the bytes of a file become tensors: what reads weights takes {@link #COPIED} unless it is given another. */
public enum Reading {
    /**
     * The file is read once, straight into the tensors' own memory, and let go of: whatever happens to it afterwards, they stay as they are. One that changes
     * meanwhile is a {@link MalformedFileException}: its size, the time of its last change and its header are looked at again after the copy.
     */
    COPIED,

    /**
     * The tensors are the file's mapping, copy-on-write: nothing is read before it is used, so loading is a matter of milliseconds, processes share the
     * memory, and a file may be larger than it; what is written to a tensor does not reach the file. The mapping ends once the tensors are freed and the
     * garbage collector has run.
     *
     * <p>For files that nobody writes to. One that is replaced, as everything here saves, stays mapped as it was. But a program that overwrites it in place
     * changes the tensors, and once it is cut short, an operator that touches what is gone <b>ends this process</b> by SIGBUS, which no library can turn into
     * an exception; only an access of Java's own, through a {@code MemorySegment}, is an {@link InternalError}.
     */
    MAPPED
}
