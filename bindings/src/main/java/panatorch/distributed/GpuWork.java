package panatorch.distributed;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import panatorch.Device;
import panatorch.cuda.Event;
import panatorch.cuda.Stream;
import panatorch.internal.distributed.NativeGroup;
import panatorch.internal.distributed.PendingWork;
import panatorch.internal.distributed.Polling;

/** What a rank waits for on its GPU beside collectives. */
final class GpuWork {
    private GpuWork() {}

    /** The connection of a rank's GPU with those of the others, which a thread of its own makes. */
    static final class Connecting implements PendingWork {
        private final Future<?> connecting;

        Connecting(NativeGroup natives, Device device) {
            connecting = Deadlines.start(() -> {
                natives.connectGpu(device.index());
                return device;
            });
        }

        @Override public boolean await(long millis) {
            try {
                connecting.get(millis, TimeUnit.MILLISECONDS);
                return true;
            } catch (TimeoutException e) {
                return false;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            } catch (ExecutionException e) {
                if (e.getCause() instanceof RuntimeException r) throw r;
                throw new IllegalStateException(e.getCause());
            }
        }

        @Override public void close() {
            // The thread ends with its call.
        }
    }

    /** All work that the current stream of a GPU has now, with the collectives that it waits for. */
    static final class OfStream implements PendingWork {
        private final NativeGroup natives;
        private final Event end = new Event();

        OfStream(NativeGroup natives, Device device) {
            this.natives = natives;
            end.record(Stream.current(device));
        }

        @Override public boolean await(long millis) {
            if (!Polling.await(millis, end::query)) return false;
            natives.requireNoGpuFailure();
            return true;
        }

        @Override public void close() { end.close(); }
    }
}
