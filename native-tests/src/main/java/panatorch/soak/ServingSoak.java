package panatorch.soak;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.Tensor;
import panatorch.bench.HttpReader;
import panatorch.nn.Module;
import panatorch.serve.Model;
import panatorch.serve.ModelRepository;
import panatorch.serve.ServeOptions;
import panatorch.serve.http.ModelServer;
import panatorch.serve.http.ServerOptions;

/**
 * Asks a server over HTTP from many connections, some of whose requests are damaged, slow or given up, while the model is replaced again
 * and again: {@code ServingSoak [--minutes N] [--connections N] [--reload-seconds N] [--seed S]}. Each request has a number of its own,
 * which its answer has to return, so that an answer of another request is seen. Tensors, threads, files and memory have to end where they
 * were after the warm-up. Otherwise the program ends with status 1 and a sentence.
 */
public final class ServingSoak {
    private static final String PATH = "/v2/models/same/infer";

    /** What became of a request. */
    public enum Outcome {
        /** It was answered with its own number. */
        ANSWERED,
        /** It was refused with 429, 503 or 504. */
        REFUSED,
        /** It was damaged, and refused with 400. */
        DAMAGED,
        /** It was sent in two halves with a pause between, and answered. */
        SLOW,
        /** Its connection was closed in the middle. */
        DROPPED
    }

    /**
     * What happened.
     *
     * @param problems sentences on wrong answers and failures; empty if all is well
     * @param growth sentences on what did not end where it was after the warm-up, as {@link Footprint#growthSince}
     * @param reloads how often the model was replaced
     */
    public record Report(List<String> problems, List<String> growth, Map<Outcome, Long> outcomes, int reloads) {}

    private final ModelRepository models = ModelRepository.of();
    private final ModelServer server;
    private final long seed;
    private final Map<Outcome, AtomicLong> outcomes = new EnumMap<>(Outcome.class);
    private final ConcurrentLinkedQueue<String> problems = new ConcurrentLinkedQueue<>();
    private final AtomicLong numbers = new AtomicLong();
    private final AtomicInteger reloads = new AtomicInteger();
    private final CountDownLatch over = new CountDownLatch(1);
    private volatile CountDownLatch paused = new CountDownLatch(0), resumed = new CountDownLatch(0);

    private ServingSoak(long seed) {
        this.seed = seed;
        for (Outcome o : Outcome.values()) outcomes.put(o, new AtomicLong());
        load();
        server = ModelServer.start(models, ServerOptions.standard().port(0));
    }

    public static void main(String[] args) throws Exception {
        var options = Options.parse("ServingSoak [--minutes N] [--connections N] [--reload-seconds N] [--seed S]",
                Map.of("--minutes", 15L, "--connections", 64L, "--reload-seconds", 10L, "--seed", 1L), args);
        Report r = run(Duration.ofMinutes(options.get("--minutes")), Duration.ofMinutes(1), Math.toIntExact(options.get("--connections")),
                Duration.ofSeconds(options.get("--reload-seconds")), options.get("--seed"));
        System.out.println(r.outcomes + ", " + r.reloads + " reloads");
        List<String> wrong = Stream.concat(r.problems.stream(), r.growth.stream()).toList();
        wrong.forEach(System.err::println);
        if (!wrong.isEmpty()) System.exit(1);
    }

    /**
     * Runs it.
     *
     * @param interval time between two measurements; the first one ends the warm-up
     * @param reload time between two replacements of the model
     */
    public static Report run(Duration total, Duration interval, int connections, Duration reload, long seed) throws Exception {
        var soak = new ServingSoak(seed);
        var threads = new ArrayList<Thread>();
        var growth = new ArrayList<String>();
        try {
            for (int i = 0; i < connections; i++) {
                long own = i;
                threads.add(Thread.ofPlatform().name("client " + i).start(() -> soak.client(own)));
            }
            threads.add(Thread.ofPlatform().name("reloads").start(() -> soak.reload(reload)));
            long end = System.nanoTime() + total.toNanos();
            Footprint first = null, last = null;
            while (System.nanoTime() < end && soak.problems.isEmpty()) {
                TimeUnit.NANOSECONDS.sleep(Math.min(interval.toNanos(), Math.max(1, end - System.nanoTime())));
                last = soak.measure(connections);
                System.out.println(last + "; " + soak.outcomes);
                if (first == null) first = last;
            }
            if (first != null && last != null) growth.addAll(last.growthSince(first));
        } finally {
            soak.over.countDown();
            soak.resumed.countDown();
            for (Thread t : threads) t.join();
            soak.server.close();
            soak.models.close();
        }
        var counts = new EnumMap<Outcome, Long>(Outcome.class);
        soak.outcomes.forEach((o, n) -> counts.put(o, n.get()));
        return new Report(List.copyOf(soak.problems), growth, counts, soak.reloads.get());
    }

    private void load() {
        var module = new Module() {
            @Override public Tensor forward(Tensor input) { return input.mul(2); }
        };
        module.eval();
        models.load("same", 1, () -> Model.of(module).input("x", DType.FLOAT64, "batch", 4).output("y", DType.FLOAT64, "batch", 4),
                ServeOptions.standard().queue(48));
    }

    private void reload(Duration every) {
        try {
            while (!over.await(every.toMillis(), TimeUnit.MILLISECONDS)) {
                load();
                reloads.incrementAndGet();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            problems.add("A reload failed: " + e);
        }
    }

    /** Lets all clients wait between two requests, with their connections closed, and measures. */
    private Footprint measure(int connections) throws InterruptedException, IOException {
        resumed = new CountDownLatch(1);
        paused = new CountDownLatch(connections);
        if (!paused.await(60, TimeUnit.SECONDS)) problems.add("A client waits for an answer for a minute.");
        TimeUnit.MILLISECONDS.sleep(500); // the server notices closed connections
        System.gc();
        Footprint now = Footprint.now();
        paused = new CountDownLatch(0);
        resumed.countDown();
        return now;
    }

    // ---- a client

    private void client(long own) {
        var random = new SplittableRandom(seed * 1_000 + own);
        Socket socket = null;
        CountDownLatch seen = paused;
        try {
            while (over.getCount() > 0 && problems.isEmpty()) {
                CountDownLatch pause = paused;
                if (pause != seen && pause.getCount() > 0) {
                    seen = pause;
                    if (socket != null) socket.close();
                    socket = null;
                    CountDownLatch go = resumed;
                    pause.countDown();
                    go.await();
                }
                if (socket == null || socket.isClosed()) {
                    socket = new Socket("127.0.0.1", server.port());
                    socket.setTcpNoDelay(true);
                    socket.setSoTimeout(60_000);
                }
                ask(socket, random);
            }
        } catch (IOException e) {
            problems.add("A connection failed: " + e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            close(socket);
            for (long n = paused.getCount(); n > 0; n--) paused.countDown(); // nobody waits for a client that has ended
        }
    }

    private static void close(@Nullable Socket socket) {
        try {
            if (socket != null) socket.close();
        } catch (IOException e) {
            // It is closed as far as this program is concerned.
        }
    }

    private void ask(Socket socket, SplittableRandom random) throws IOException, InterruptedException {
        long number = numbers.incrementAndGet();
        int kind = random.nextInt(100);
        String json = "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,4],\"datatype\":\"FP64\",\"data\":[" + number + ",1,2,"
                + (kind == 0 ? "]}]}" : "3]}]}");
        byte[] request = ("POST " + PATH + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + json.length() + "\r\n\r\n" + json)
                .getBytes(StandardCharsets.UTF_8);
        OutputStream out = socket.getOutputStream();
        int half = random.nextInt(1, request.length);
        switch (kind) {
            case 1 -> {
                out.write(request, 0, half);
                TimeUnit.MILLISECONDS.sleep(100);
                out.write(request, half, request.length - half);
            }
            case 2 -> {
                out.write(request, 0, half);
                socket.close();
                count(Outcome.DROPPED);
                return;
            }
            default -> out.write(request);
        }
        var in = new HttpReader(socket.getInputStream());
        in.readHead();
        String body = new String(in.body(), StandardCharsets.UTF_8);
        if (in.closes()) socket.close();
        switch (in.status()) {
            case 200 -> {
                if (kind == 0 || !body.contains("[" + 2.0 * number + ",2.0,4.0,6.0]"))
                    problems.add("The request " + json + " was answered by " + body);
                count(kind == 1 ? Outcome.SLOW : Outcome.ANSWERED);
            }
            case 429, 503, 504 -> count(Outcome.REFUSED);
            case 400 -> {
                if (kind != 0) problems.add("The request " + json + " was refused: " + body);
                count(Outcome.DAMAGED);
            }
            default -> problems.add("The request " + json + " has the status " + in.status() + ": " + body);
        }
    }

    private void count(Outcome outcome) { Objects.requireNonNull(outcomes.get(outcome)).incrementAndGet(); }
}
