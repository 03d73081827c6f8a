package panatorch.apps;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** A page in Chromium without a window, driven by the browser's DevTools protocol. */
final class Browser implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** The addresses that the page has asked for. */
    final ConcurrentLinkedQueue<String> requests = new ConcurrentLinkedQueue<>();
    /** What the console shows as errors. */
    final ConcurrentLinkedQueue<String> errors = new ConcurrentLinkedQueue<>();
    private final Process process;
    private final HttpClient client = HttpClient.newHttpClient();
    private final WebSocket socket;
    private final AtomicInteger ids = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();

    /** Returns the browser's program, if there is one on the path. */
    static Optional<Path> program() {
        return Stream.of("chromium", "chromium-browser", "google-chrome")
                .flatMap(name -> Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)).map(d -> Path.of(d, name)))
                .filter(Files::isExecutable).findFirst();
    }

    /** @param folder where the browser writes its files */
    Browser(Path program, Path folder) throws Exception {
        process = new ProcessBuilder(program.toString(), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--no-first-run", "--disable-background-networking", "--disable-component-update", "--remote-debugging-port=0",
                "--user-data-dir=" + folder, "about:blank").redirectErrorStream(true)
                .redirectOutput(folder.resolve("browser.log").toFile()).start();
        socket = client.newWebSocketBuilder().buildAsync(page(folder), new Reader()).get(30, TimeUnit.SECONDS);
        for (String domain : List.of("Runtime", "Log", "Network", "Page", "DOM")) send(domain + ".enable", Map.of());
    }

    private URI page(Path folder) throws Exception {
        Path port = folder.resolve("DevToolsActivePort");
        for (int i = 0; i < 600 && process.isAlive(); i++) {
            if (Files.exists(port) && !Files.readString(port).isEmpty()) {
                var list = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + Files.readAllLines(port).getFirst() + "/json/list"));
                for (JsonNode target : JSON.readTree(client.send(list.build(), BodyHandlers.ofString()).body()))
                    if (target.get("type").asText().equals("page")) return URI.create(target.get("webSocketDebuggerUrl").asText());
            }
            Thread.sleep(50);
        }
        throw new IOException("the browser has no page: " + Files.readString(folder.resolve("browser.log")));
    }

    /** Joins the parts of the browser's messages. */
    private final class Reader implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                receive(text.toString());
                text.setLength(0);
            }
            from.request(1);
            return null;
        }
    }

    private void receive(String message) {
        JsonNode m;
        try {
            m = JSON.readTree(message);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        if (m.has("id")) {
            answers.remove(m.get("id").asInt()).complete(m);
            return;
        }
        JsonNode params = m.path("params");
        switch (m.path("method").asText()) {
            case "Network.requestWillBeSent" -> requests.add(params.at("/request/url").asText());
            case "Runtime.exceptionThrown" -> errors.add(params.get("exceptionDetails").toString());
            case "Runtime.consoleAPICalled" -> {
                if (params.path("type").asText().equals("error")) errors.add(params.get("args").toString());
            }
            case "Log.entryAdded" -> {
                JsonNode entry = params.get("entry");
                if (entry.path("level").asText().equals("error")) errors.add(entry.path("text").asText());
            }
            default -> {}
        }
    }

    /** Sends a command, and returns its result. */
    JsonNode send(String method, Map<String, ?> params) throws Exception {
        int id = ids.incrementAndGet();
        var answer = new CompletableFuture<JsonNode>();
        answers.put(id, answer);
        ObjectNode message = JSON.createObjectNode().put("id", id).put("method", method);
        message.set("params", JSON.valueToTree(params));
        socket.sendText(message.toString(), true).get(30, TimeUnit.SECONDS);
        JsonNode m = answer.get(60, TimeUnit.SECONDS);
        assertThat(m.has("error")).as(() -> method + ": " + m).isFalse();
        return m.get("result");
    }

    /** Returns the value of an expression in the page, whose promise is awaited. */
    JsonNode value(String expression) throws Exception {
        JsonNode r = send("Runtime.evaluate", Map.of("expression", expression, "awaitPromise", true, "returnByValue", true));
        assertThat(r.has("exceptionDetails")).as(() -> expression + ": " + r).isFalse();
        return r.at("/result/value");
    }

    String text(String id) throws Exception { return value("document.getElementById('" + id + "').innerText").asText(); }

    /** Waits until a condition in the page holds. */
    void await(String condition) throws Exception {
        for (int i = 0; i < 600; i++) {
            if (value(condition).asBoolean()) return;
            Thread.sleep(50);
        }
        throw new AssertionError("the page never got to " + condition + "; it shows: " + value("document.body.innerText").asText());
    }

    void open(String url) throws Exception { send("Page.navigate", Map.of("url", url)); }

    /** Types a text into an element. */
    void type(String id, String text) throws Exception {
        value("document.getElementById('" + id + "').focus()");
        send("Input.insertText", Map.of("text", text));
    }

    /** Chooses a file, as the browser's dialog does. */
    void choose(String id, Path file) throws Exception {
        JsonNode input = send("Runtime.evaluate", Map.of("expression", "document.getElementById('" + id + "')")).at("/result/objectId");
        send("DOM.setFileInputFiles", Map.of("files", List.of(file.toString()), "objectId", input.asText()));
    }

    /** Drops a file on the middle of an element. */
    void drop(String id, Path file) throws Exception {
        JsonNode at = value("(r => [r.x + r.width / 2, r.y + r.height / 2])(document.getElementById('" + id
                + "').getBoundingClientRect())");
        var data = Map.of("items", new ArrayList<>(), "files", List.of(file.toString()), "dragOperationsMask", 1);
        var event = new HashMap<String, Object>(Map.of("x", at.get(0).asDouble(), "y", at.get(1).asDouble(), "data", data));
        // The answer to a command may come before the page has seen the event, and a drop before dragover was handled is lost.
        String seen = "document.getElementById('" + id + "').classList.contains('over')";
        for (int i = 0; i < 600 && !value(seen).asBoolean(); i++) {
            for (String type : List.of("dragEnter", "dragOver")) {
                event.put("type", type);
                send("Input.dispatchDragEvent", event);
            }
            Thread.sleep(50);
        }
        event.put("type", "drop");
        send("Input.dispatchDragEvent", event);
    }

    @Override public void close() {
        List<ProcessHandle> all = Stream.concat(process.descendants(), Stream.of(process.toHandle())).toList();
        all.forEach(ProcessHandle::destroyForcibly);
        for (ProcessHandle p : all) p.onExit().orTimeout(10, TimeUnit.SECONDS).join(); // they write to the test's folder until then
        client.shutdownNow();
    }
}
