package panatorch.serialize;

/** When a method that writes a file returns. In both cases the file appears under its name in one step, once it is complete. */
public enum Writing {
    /** When the file and its name are on the disk, so that it survives a crash of the system, too. */
    DURABLE,

    /**
     * When the system has all bytes, as after {@code torch.save}. The system writes them to the disk later, on Linux within half a minute.
     * The file survives the end of this process, however it ends. But if the system crashes or loses power before, the file may be damaged
     * or missing, and so may be the file that it replaced.
     */
    BUFFERED
}
