package panatorch.serialize;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A checkpoint that {@link Checkpoints#saveAsync} writes in the background. It frees its memory by itself once the file is written, so that
 * nobody has to close it. Any thread may use it.
 */
public final class Saving implements AutoCloseable {
    private static @Nullable Saving last;

    private final Path file;
    private final CountDownLatch done = new CountDownLatch(1);
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>(); // until someone is told

    private Saving(Path file) { this.file = file; }

    /** Waits for the save before, copies the tensors and begins to write them. */
    static synchronized Saving begin(Path file, Map<String, ?> sections) throws IOException {
        Saving before = last;
        if (before != null) before.join();
        PickleWriter.Written written = Checkpoints.pickled(sections, Checkpoints.VERSION);
        StorageCopies copies = written.storages().copies();
        var saving = new Saving(file);
        try {
            Thread.ofPlatform().name("panatorch-checkpoint").start(() -> saving.write(written.pickle(), copies));
        } catch (RuntimeException | Error e) { // there may be no room for another thread
            copies.close();
            throw e;
        }
        last = saving;
        return saving;
    }

    /** Returns a save that has nothing to write, of a process whose file another one writes. */
    public static Saving done(Path file) {
        var saving = new Saving(file);
        saving.done.countDown();
        return saving;
    }

    private void write(byte[] pickle, StorageCopies copies) {
        try (copies) {
            Checkpoints.write(file, pickle, copies, Writing.DURABLE);
        } catch (IOException | RuntimeException | Error e) {
            failure.set(e);
        } finally {
            done.countDown();
        }
    }

    /** Returns whether the file is written, or could not be. */
    public boolean isDone() { return done.getCount() == 0; }

    /**
     * Waits until the file is on the disk. Only the first call of several reports a failure.
     *
     * @throws IOException if the file could not be written; the file that was there before has stayed
     * @throws InterruptedIOException if this thread is interrupted; the file is still written
     */
    public void join() throws IOException {
        try {
            done.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while " + file + " was written in the background; it is still being written");
        }
        Throwable failed = failure.getAndSet(null);
        if (failed != null) throw new IOException("the checkpoint " + file + " could not be written: " + failed.getMessage(), failed);
    }

    /** Waits as {@link #join} does. */
    @Override public void close() throws IOException { join(); }
}
