package panatorch.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import panatorch.InferenceMode;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.nn.Module;
import panatorch.optim.SGD;

/**
 * Threads that make the same request at once until the time is up, each at least once. Every sixteenth answer is compared with the answer
 * to a single caller.
 */
final class Crowd {
    private static final long NANOS = 500_000_000, NANOS_BESIDE_TRAINING = 3_000_000_000L;
    private static final double TOLERANCE = 1e-3;

    private final Asked.Question question;
    private final Tensor right;
    private final CountDownLatch go = new CountDownLatch(1);
    private final AtomicLong answers = new AtomicLong(), steps = new AtomicLong();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final List<Thread> threads = new ArrayList<>();
    private volatile long begin, end;
    /** Nanoseconds until the last answer, and until the last training step. */
    private final AtomicLong answering = new AtomicLong(), learning = new AtomicLong();

    /**
     * The measured seconds.
     *
     * @param answer seconds an answer, of all callers together
     * @param step seconds a training step
     */
    record Pace(double answer, double step) {}

    /** A number of threads, in words such as {@code 200} and {@code 10000v} for virtual ones. */
    record Callers(int number, boolean virtual) {
        static Callers parse(String word) {
            boolean virtual = word.endsWith("v");
            return new Callers(Integer.parseInt(virtual ? word.substring(0, word.length() - 1) : word), virtual);
        }

        @Override public String toString() { return number + (virtual ? "v" : ""); }
    }

    private Crowd(Asked.Question question, Tensor right) {
        this.question = question;
        this.right = right;
    }

    static Pace ask(Asked.Question question, Callers callers) { return run(question, callers, false); }

    static Pace askBesideTraining(Asked.Question question, int callers) { return run(question, new Callers(callers, false), true); }

    private static Pace run(Asked.Question question, Callers callers, boolean training) {
        try (var scope = Scope.open(); var inference = InferenceMode.enter()) {
            var crowd = new Crowd(question, question.answer().apply(question.input()));
            Thread.Builder builder = callers.virtual() ? Thread.ofVirtual() : Thread.ofPlatform();
            for (int i = 0; i < callers.number(); i++) crowd.start(builder, crowd::answerAgainAndAgain);
            if (training) crowd.start(Thread.ofPlatform(), crowd::train);
            return crowd.pace(training ? NANOS_BESIDE_TRAINING : NANOS);
        }
    }

    private void start(Thread.Builder builder, Work work) {
        threads.add(builder.start(() -> {
            try {
                work.run();
            } catch (Throwable t) {
                failure.compareAndSet(null, t);
            }
        }));
    }

    private interface Work {
        void run() throws InterruptedException;
    }

    private Pace pace(long nanos) {
        begin = System.nanoTime();
        end = begin + nanos;
        go.countDown();
        try {
            for (Thread t : threads) t.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        if (failure.get() != null) throw new IllegalStateException("a caller failed", failure.get());
        return new Pace(answering.get() * 1e-9 / answers.get(), learning.get() * 1e-9 / steps.get());
    }

    private void answerAgainAndAgain() throws InterruptedException {
        go.await();
        long n = 0;
        do answer(n % 16 == 0);
        while (n++ >= 0 && System.nanoTime() < end);
        answers.addAndGet(n);
        answering.accumulateAndGet(System.nanoTime() - begin, Math::max);
    }

    private void answer(boolean compared) {
        try (var scope = Scope.open(); var inference = InferenceMode.enter()) {
            Tensor given = question.answer().apply(question.input());
            if (compared && !given.allClose(right, TOLERANCE, TOLERANCE)) throw new IllegalStateException("a wrong answer");
        }
    }

    private void train() throws InterruptedException {
        Module learner = Objects.requireNonNull(question.learner()).get();
        try (learner; var optimizer = new SGD(learner.parameters(), SGD.options(1e-4))) {
            go.await();
            long n = 0;
            do step(learner, optimizer);
            while (n++ >= 0 && System.nanoTime() < end);
            steps.addAndGet(n);
            learning.set(System.nanoTime() - begin);
        }
    }

    private void step(Module learner, SGD optimizer) {
        try (var scope = Scope.open()) {
            optimizer.zeroGrad();
            learner.call(question.input().clone()).square().mean().backward();
            optimizer.step();
        }
    }
}
