package panatorch.apps.run;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Processes of this machine that run one command as the ranks of one training. They learn of each other by the environment variables that
 * torchrun sets. If one fails, the others are ended. A signal that ends this process ends them too, and is waited for, so that the ranks
 * can stop between two steps and save.
 */
public final class LocalRanks {
    /** Longer than an interrupted run takes to end by itself. */
    private static final long PATIENCE_SECONDS = 70, PATIENCE_AFTER_A_FAILURE_SECONDS = 20;

    private record Exit(int rank, int status) {}

    private final List<String> command;
    private final int ranks;
    private final PrintWriter err;
    private final List<Process> processes = new ArrayList<>();
    private final BlockingQueue<Exit> exits = new LinkedBlockingQueue<>();
    private volatile boolean interrupted;

    /**
     * Creates ranks that are not started yet.
     *
     * @param main the main class
     * @param words its arguments
     * @param err where the other ranks' lines are printed, with their rank; rank 0 has this process's own output
     */
    public LocalRanks(Class<?> main, List<String> words, int ranks, PrintWriter err) {
        command = new ArrayList<>(java(main));
        command.addAll(words);
        this.ranks = ranks;
        this.err = err;
    }

    /** Returns the command that runs a program as this one is run. */
    private static List<String> java(Class<?> main) {
        var java = new ArrayList<String>();
        java.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        java.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        String module = System.getProperty("jdk.module.main");
        String modules = System.getProperty("jdk.module.path"), classes = System.getProperty("java.class.path", "");
        if (modules != null) java.addAll(List.of("--module-path", modules));
        if (!classes.isEmpty()) java.addAll(List.of("-cp", classes));
        if (module == null) java.add(main.getName());
        else java.addAll(List.of("-m", module + "/" + main.getName()));
        return java;
    }

    /**
     * Starts the ranks and waits until all have ended.
     *
     * @return 0, or the exit status of the rank that failed first, which is named
     */
    public int run() throws IOException, InterruptedException {
        var hook = new Thread(this::interrupt, "panatorch-ranks");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            int port = freePort();
            for (int r = 0; r < ranks; r++) start(r, port);
            return awaitAll();
        } finally {
            end(0);
            removeHook(hook);
        }
    }

    private static void removeHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // This process is ending, and the hook runs.
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private void start(int rank, int port) throws IOException {
        var builder = new ProcessBuilder(command);
        Map<String, String> e = builder.environment();
        e.put("RANK", Integer.toString(rank));
        e.put("LOCAL_RANK", Integer.toString(rank));
        e.put("WORLD_SIZE", Integer.toString(ranks));
        e.put("LOCAL_WORLD_SIZE", Integer.toString(ranks));
        e.put("GROUP_RANK", "0");
        e.put("MASTER_ADDR", InetAddress.getLoopbackAddress().getHostAddress());
        e.put("MASTER_PORT", Integer.toString(port));
        e.putIfAbsent("OMP_NUM_THREADS", Integer.toString(Math.max(1, Runtime.getRuntime().availableProcessors() / ranks)));
        if (rank == 0) builder.inheritIO();
        else builder.redirectErrorStream(true);
        Process process;
        synchronized (processes) {
            if (interrupted) return;
            process = builder.start();
            processes.add(process);
        }
        if (rank > 0) process.getOutputStream().close();
        Thread.ofPlatform().daemon().name("panatorch-rank-" + rank).start(() -> follow(rank, process));
    }

    /** Prints what a rank says, and reports its end once all of that is printed. */
    private void follow(int rank, Process process) {
        if (rank > 0) print(rank, process);
        exits.add(new Exit(rank, process.onExit().join().exitValue()));
    }

    private void print(int rank, Process process) {
        try (var lines = new BufferedReader(new InputStreamReader(process.getInputStream(), Charset.defaultCharset()))) {
            lines.lines().forEach(line -> {
                synchronized (err) {
                    err.println("rank " + rank + ": " + line);
                    err.flush();
                }
            });
        } catch (IOException | UncheckedIOException e) {
            // The process was ended.
        }
    }

    private int awaitAll() throws InterruptedException {
        for (int ended = 0; ended < ranks; ended++) {
            Exit exit = exits.take();
            if (exit.status == 0 || interrupted) continue;
            synchronized (err) {
                err.println("panatorch: rank " + exit.rank + " of " + ranks + " ended with exit status " + exit.status
                        + (ended < ranks - 1 ? "; the other ranks are ended" : ""));
                err.flush();
            }
            end(PATIENCE_AFTER_A_FAILURE_SECONDS);
            while (++ended < ranks) exits.poll(1, TimeUnit.SECONDS); // what they have printed is shown
            return exit.status;
        }
        return 0;
    }

    private void interrupt() {
        interrupted = true;
        end(PATIENCE_SECONDS);
    }

    /** Asks all processes to end, and ends those that have not after a while. */
    private void end(long seconds) {
        List<Process> all;
        synchronized (processes) {
            all = List.copyOf(processes);
        }
        all.forEach(Process::destroy);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        for (Process p : all) {
            try {
                if (!p.waitFor(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS)) p.destroyForcibly();
            } catch (InterruptedException e) {
                p.destroyForcibly();
                Thread.currentThread().interrupt();
            }
        }
    }
}
