package panatorch.internal.threads;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import panatorch.Torch;

@Timeout(60)
class CallersTest {
    static {
        Torch.numThreads(); // libtorch is loaded
    }

    private final CountDownLatch leave = new CountDownLatch(1);
    private final AtomicInteger inside = new AtomicInteger();
    private final List<Thread> threads = new ArrayList<>();

    /** A thread inside libtorch until {@link #leave} is counted down. */
    private CompletableFuture<Thread> call(Thread.Builder kind) {
        var ended = new CompletableFuture<Thread>();
        threads.add(kind.start(() -> {
            try {
                var caller = new Caller();
                caller.limit(1);
                caller.enter();
                inside.incrementAndGet();
                leave.await();
                inside.decrementAndGet();
                caller.leave();
                ended.complete(Thread.currentThread());
            } catch (Throwable t) {
                ended.completeExceptionally(t);
            }
        }));
        return ended;
    }

    private void fill() throws InterruptedException {
        for (int i = 0; i < Callers.MOST; i++) call(Thread.ofPlatform());
        while (inside.get() < Callers.MOST) Thread.sleep(1);
    }

    @AfterEach void everybody_leaves() throws InterruptedException {
        leave.countDown();
        for (Thread t : threads) t.join();
    }

    @Test void as_many_as_there_are_slots_are_inside_at_once_and_the_others_follow() throws Exception {
        fill();
        var late = new ArrayList<CompletableFuture<Thread>>();
        for (int i = 0; i < 100; i++) late.add(call(i % 2 == 0 ? Thread.ofPlatform() : Thread.ofVirtual()));
        Thread.sleep(50);
        assertThat(inside.get()).isEqualTo(Callers.MOST);
        leave.countDown();
        for (var l : late) l.get(10, TimeUnit.SECONDS);
    }

    @Test void a_thread_that_waits_can_be_interrupted_and_stays_so() throws Exception {
        fill();
        for (var kind : List.of(Thread.ofPlatform(), Thread.ofVirtual())) {
            var stopped = new CompletableFuture<Boolean>();
            Thread waits = kind.start(() -> {
                var caller = new Caller();
                caller.limit(1);
                try {
                    caller.enter();
                    stopped.completeExceptionally(new AssertionError("it was let in"));
                } catch (CancellationException e) {
                    stopped.complete(Thread.currentThread().isInterrupted());
                }
            });
            Thread.sleep(20);
            assertThat(stopped).isNotDone();
            waits.interrupt();
            assertThat(stopped.get(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test void an_interrupted_thread_calls_where_it_need_not_wait() throws Exception {
        var caller = new Caller();
        caller.limit(1); // limited calls need not wait for their turn, which another test may have left behind
        Thread.currentThread().interrupt();
        caller.enter();
        caller.leave();
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test void the_slot_of_a_caller_that_is_outside_goes_to_another_and_both_call_again() {
        var callers = new ArrayList<Caller>();
        for (int i = 0; i < 3 * Callers.MOST; i++) {
            var caller = new Caller();
            caller.limit(1);
            callers.add(caller);
        }
        for (int round = 0; round < 3; round++) {
            for (Caller c : callers) {
                c.enter();
                assertThat(c.pause()).isEqualTo(1);
                c.resume(1);
                c.leave();
            }
        }
        assertThat(Callers.LIMITED.anyInside()).isFalse();
    }

    @Test void the_only_caller_needs_no_slot_until_another_calls_or_its_number_of_threads_changes() throws Exception {
        var caller = new Caller();
        becomeAlone(caller);
        caller.enter();
        leave.countDown();
        call(Thread.ofPlatform()).get(10, TimeUnit.SECONDS);
        assertThat(Callers.alone).isNull();
        Callers.LOCK.lock();
        try {
            assertThat(Callers.aloneIs(Caller.IDLE)).as("it is known to be inside still").isTrue();
            caller.leave();
            assertThat(Callers.aloneIs(Caller.IDLE)).isFalse();
        } finally {
            Callers.LOCK.unlock();
        }
        becomeAlone(caller);
        caller.trains();
        assertThat(Callers.alone).isNull();
        becomeAlone(caller);
        caller.limit(1);
        assertThat(Callers.alone).isNull();
    }

    /** The slots of ended threads are found to be so after a while. */
    private static void becomeAlone(Caller caller) throws InterruptedException {
        while (Callers.alone != caller) {
            for (int i = 0; i < 100; i++) {
                caller.enter();
                caller.leave();
            }
            Thread.sleep(1);
        }
    }

    @Test void java_code_that_libtorch_calls_back_is_outside() throws Exception {
        var caller = new Caller();
        caller.limit(1);
        caller.enter();
        int paused = caller.pause();
        assertThat(Callers.LIMITED.anyInside()).isFalse();
        fill();
        leave.countDown();
        caller.resume(paused);
        assertThat(Callers.LIMITED.anyInside()).isTrue();
        caller.leave();
    }
}
