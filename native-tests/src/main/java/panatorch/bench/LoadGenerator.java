package panatorch.bench;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;

/**
 * Sends one request again and again over several connections of this machine, and prints what came of it as a JSON object:
 * {@code LoadGenerator PORT FILE CONNECTIONS SECONDS RATE}. The file is a whole request of HTTP/1.1. With rate 0, each connection sends the
 * next request once it has the answer; otherwise requests are due at that rate, of all connections together, and latencies count from when
 * they were due.
 */
final class LoadGenerator {
    private LoadGenerator() {}

    public static void main(String[] args) throws Exception {
        int port = Integer.parseInt(args[0]), connections = Integer.parseInt(args[2]);
        byte[] request = Files.readAllBytes(Path.of(args[1]));
        double seconds = Double.parseDouble(args[3]), rate = Double.parseDouble(args[4]);
        var latencies = new ConcurrentLinkedQueue<long[]>();
        var ready = new CountDownLatch(connections);
        var go = new CountDownLatch(1);
        var threads = new Thread[connections];
        var failure = new ConcurrentLinkedQueue<Exception>();
        long[] times = new long[2];
        for (int i = 0; i < connections; i++) {
            int number = i;
            threads[i] = Thread.ofPlatform().start(() -> {
                try (var socket = new Socket("127.0.0.1", port)) {
                    socket.setTcpNoDelay(true);
                    var in = new HttpReader(socket.getInputStream());
                    ready.countDown();
                    go.await();
                    latencies.add(send(socket, in, request, times, rate == 0 ? 0 : (long) (1e9 * connections / rate), number, connections));
                } catch (IOException | InterruptedException e) {
                    failure.add(e);
                    ready.countDown();
                }
            });
        }
        ready.await();
        times[0] = System.nanoTime();
        times[1] = times[0] + (long) (seconds * 1e9);
        go.countDown();
        for (Thread t : threads) t.join();
        if (!failure.isEmpty()) throw failure.peek();
        double took = (System.nanoTime() - times[0]) / 1e9;
        long[] all = latencies.stream().flatMapToLong(Arrays::stream).sorted().toArray();
        var result = new LinkedHashMap<String, Double>();
        result.put("requests", (double) all.length);
        result.put("seconds a request", took / all.length);
        result.put("p50", all[all.length / 2] / 1e9);
        result.put("p99", all[(int) (0.99 * all.length)] / 1e9);
        System.out.println(JsonMapper.builder().build().writeValueAsString(result));
    }

    private static long[] send(Socket socket, HttpReader in, byte[] request, long[] times, long interval, int number, int connections)
            throws IOException {
        var latencies = LongStream.builder();
        long due = interval == 0 ? times[0] : times[0] + interval * number / connections;
        while (true) {
            long now = System.nanoTime();
            if (interval == 0) due = now;
            while (due > now) {
                LockSupport.parkNanos(Math.min(due - now, TimeUnit.MILLISECONDS.toNanos(50)));
                now = System.nanoTime();
            }
            if (due >= times[1]) return latencies.build().toArray();
            socket.getOutputStream().write(request);
            in.readHead();
            if (in.status() != 200) throw new IOException("the server answers with the status " + in.status());
            in.skipBody();
            latencies.add(System.nanoTime() - due);
            due += interval;
        }
    }

    /** Runs the generator in a process of its own, and returns what it prints. */
    static Map<String, Double> run(int port, Path request, int connections, double seconds, double rate) {
        var arguments = new String[] {"" + port, request.toString(), "" + connections, "" + seconds, "" + rate};
        String line = ChildProcess.run(ChildProcess.java(List.of(), LoadGenerator.class, arguments)).line();
        try {
            return OtherSide.numbers(JsonMapper.builder().build().readTree(line.getBytes(StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
