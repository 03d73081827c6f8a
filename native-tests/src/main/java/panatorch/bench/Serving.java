package panatorch.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import panatorch.export.ExportedProgram;
import panatorch.export.OptimizeOptions;
import panatorch.serve.Model;
import panatorch.serve.ModelRepository;
import panatorch.serve.ServeOptions;
import panatorch.serve.http.ModelServer;
import panatorch.serve.http.ServerOptions;

/**
 * Measures the seconds a request of all connections together, and the 99th percentile of latencies at seven tenths of Python's greatest
 * rate, of a model behind HTTP: exported, optimised and served here, and in eager mode behind FastAPI and uvicorn in Python, with as many
 * workers of one thread as there are processors on both sides. The load comes from a process of its own, which is the same for both. It
 * takes a part of the processors, so the processor time of the server alone for a request of 64 connections is a figure, too.
 */
final class Serving implements Workload {
    private static final int MOST = 64;
    private static final int[] CONNECTIONS = {1, 16, MOST};
    private static final String PROCESSOR_TIME = "processor time";
    private static final OperatingSystemMXBean PROCESS = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private static final double SECONDS = 3;

    private final String net;
    private final Path folder;
    private final double rate;
    private final ModelRepository models = ModelRepository.of();
    private final ModelServer server;

    /** @param net a network of {@code exported.py} */
    Serving(String net) {
        this.net = net;
        String python = System.getenv("PYTHON"), scripts = System.getProperty("panatorch.bench.scripts", "bench");
        if (python == null)
            throw new IllegalStateException("serving-" + net + " needs PYTHON, an interpreter with torch, fastapi and uvicorn.");
        try {
            folder = Files.createTempDirectory("serving-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        var make = new ArrayList<>(List.of(python, Path.of(scripts, script()).toString(), "--make"));
        make.addAll(arguments("0"));
        rate = Double.parseDouble(ChildProcess.run(make).line());
        models.load(net, 1, () -> {
            try (var program = ExportedProgram.load(folder.resolve(net + ".pt2"))) {
                return Model.of(program.optimize(OptimizeOptions.all()));
            }
        }, ServeOptions.standard());
        server = ModelServer.start(models, ServerOptions.standard().port(0));
    }

    private List<String> arguments(String rate) {
        var all = new ArrayList<>(List.of(net, folder.toString(), rate, Double.toString(SECONDS)));
        all.addAll(ChildProcess.java(List.of(), LoadGenerator.class));
        return all;
    }

    private Path request() { return folder.resolve("java.http"); }

    @Override public String script() { return "serving.py"; }

    @Override public List<String> arguments() { return arguments(Double.toString(rate)); }

    @Override public String parts() { return "loads"; }

    @Override public double tolerance() { return 1e-3; }

    @Override public int warmUps() { return 1; }

    @Override public Map<String, Double> check() {
        double sum = 0;
        try (var socket = new Socket("127.0.0.1", server.port())) {
            String request = Files.readString(request(), StandardCharsets.ISO_8859_1).replaceFirst("\r\n", "\r\nConnection: close\r\n");
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            JsonNode answer;
            try (InputStream in = socket.getInputStream()) {
                String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
                answer = JsonMapper.builder().build().readTree(text.substring(text.indexOf("\r\n\r\n")));
            }
            int place = 1;
            for (JsonNode e : answer.at("/outputs/0/data")) sum += e.asDouble() * e.asDouble() * place++;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        var check = new LinkedHashMap<String, Double>();
        for (int c : CONNECTIONS) check.put(part(c), sum);
        check.put(PROCESSOR_TIME, sum);
        check.put("p99 at equal load", sum);
        return check;
    }

    private static String part(int connections) { return connections + (connections == 1 ? " connection" : " connections"); }

    @Override public Map<String, Double> run() {
        var seconds = new LinkedHashMap<String, Double>();
        for (int c : CONNECTIONS) {
            long before = PROCESS.getProcessCpuTime();
            Map<String, Double> load = LoadGenerator.run(server.port(), request(), c, SECONDS, 0);
            seconds.put(part(c), load.get("seconds a request"));
            if (c == MOST)
                seconds.put(PROCESSOR_TIME, (PROCESS.getProcessCpuTime() - before) * 1e-9 / Objects.requireNonNull(load.get("requests")));
        }
        seconds.put("p99 at equal load", LoadGenerator.run(server.port(), request(), 16, SECONDS, rate).get("p99"));
        return seconds;
    }

    @Override public void close() {
        server.close();
        models.close();
    }
}
