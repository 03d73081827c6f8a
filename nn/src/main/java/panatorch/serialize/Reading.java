package panatorch.serialize;

/**
 * The way in which the bytes of a file become tensors. Methods that read weights use {@link #COPIED} unless they are given another.
 */
public enum Reading {
    /**
     * Reads the file once, straight into the tensors' own memory, and closes it: later changes of the file do not affect the tensors. If
     * the file changes while it is read, loading throws {@link MalformedFileException}; for this, the file's size, the time of its last
     * change and its header are checked again after the copy.
     */
    COPIED,

    /**
     * Maps the file copy-on-write and makes the tensors views of the mapping. Nothing is read before it is used: loading takes
     * milliseconds, processes share the memory, and a file may be larger than the memory. Writing to a tensor does not change the file. The
     * mapping ends once the tensors are freed and the garbage collector has run.
     *
     * <p>
     * Use it only for files that nobody writes to. Replacing a file, as every method here does when it saves, is safe: the old file stays
     * mapped. But a program that overwrites the file in place changes the tensors. If it shortens the file, an operator that touches the
     * missing part <b>ends this process</b> by SIGBUS, which no library can turn into an exception; only Java's own access, through a
     * {@code MemorySegment}, throws {@link InternalError}.
     */
    MAPPED
}
