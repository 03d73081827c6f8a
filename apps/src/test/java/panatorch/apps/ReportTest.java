package panatorch.apps;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code report.html} in a browser. */
class ReportTest {
    /**
     * Goes in front of a copy of a page. All that is not in the page is forbidden, so that to ask for it is a violation, which is told;
     * what went wrong and what is to be seen, in pixels, is written at its end.
     */
    private static final String PROBE = """
            <!doctype html><meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src \
            'unsafe-inline'; script-src 'unsafe-inline'">
            <script>
            const wrong = [], said = console.error;
            console.error = (...a) => { wrong.push(a.join(' ')); said(...a) };
            addEventListener('error', e => wrong.push(e.message || 'an element does not load: ' + e.target.outerHTML.slice(0, 80)), true);
            addEventListener('securitypolicyviolation', e => wrong.push('asks for ' + e.blockedURI));
            const size = e => { const r = e.getBoundingClientRect(); return Math.min(r.width, r.height) };
            const sizes = (what, of = size) => [...document.querySelectorAll(what)].map(of);
            addEventListener('load', () => setTimeout(() => {
              const seen = {wrong, svg: sizes('svg'), line: sizes('polyline', l => l.getBBox().width), img: sizes('img'), natural: \
              sizes('img', i => i.naturalWidth), table: sizes('table'), figure: sizes('figure'),
                  overflow: document.documentElement.scrollWidth - innerWidth, asked: performance.getEntriesByType('resource').map(r => \
                  r.name).filter(n => !n.startsWith('data:')), page: getComputedStyle(document.body).backgroundColor};
              document.body.append(Object.assign(document.createElement('pre'), {id: 'probe', textContent: JSON.stringify(seen)}));
            }, 100));
            </script>
            """;
    private static final String SENTENCE = "no Chromium was found; put one on the PATH, or set PANATORCH_CHROMIUM to its program";

    @TempDir
    static Path folder;
    private static @Nullable String chromium;

    @BeforeAll static void runs() {
        chromium = chromium();
        Assumptions.assumeTrue(chromium != null, SENTENCE);
        assertThat(Calls
                .of("train --limit-train 64 --limit-test 100 --epochs 2 --batch-size 32 --dropout standard --out", folder.resolve("train"))
                .err()).isEmpty();
        assertThat(Calls.of("distill --limit-train 64 --limit-test 100 --epochs 2 --mc 3 --teacher",
                folder.resolve("train").resolve("model.safetensors"), Path.of("--out"), folder.resolve("distill")).err()).isEmpty();
    }

    private static @Nullable String chromium() {
        String named = System.getenv("PANATORCH_CHROMIUM");
        if (named != null) return named;
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
                .flatMap(p -> Stream.of("chromium", "chromium-browser", "google-chrome", "chrome").map(n -> Path.of(p, n)))
                .filter(Files::isExecutable).map(Path::toString).findFirst().orElse(null);
    }

    private record Browsed(String dom, String log) {
        JsonNode seen() throws IOException {
            Matcher probe = Pattern.compile("<pre id=\"probe\">(.*?)</pre>", Pattern.DOTALL).matcher(dom);
            assertThat(probe.find()).as("the page has loaded").isTrue();
            return new ObjectMapper().readTree(probe.group(1).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"));
        }
    }

    private static Browsed browse(Path page, String... options) throws Exception {
        Path out = folder.resolve("dom"), log = folder.resolve("log");
        var command = new ArrayList<>(List.of(String.valueOf(chromium), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                "--enable-logging=stderr", "--virtual-time-budget=5000", "--user-data-dir=" + folder.resolve("profile")));
        command.addAll(List.of(options));
        command.addAll(List.of("--dump-dom", page.toUri().toString()));
        Process p = new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(log.toFile()).start();
        assertThat(p.waitFor(1, TimeUnit.MINUTES)).isTrue();
        return new Browsed(Files.readString(out, StandardCharsets.UTF_8), Files.readString(log, StandardCharsets.UTF_8));
    }

    private static Path probed(String run, String end) throws IOException {
        return Files.writeString(folder.resolve("probed.html"), PROBE + Files.readString(folder.resolve(run).resolve("report.html")) + end);
    }

    private static List<Double> numbers(JsonNode list) {
        var numbers = new ArrayList<Double>();
        list.forEach(n -> numbers.add(n.asDouble()));
        return numbers;
    }

    @ParameterizedTest
    @CsvSource({"train, 5, 2", "distill, 6, 3"}) void curves_tables_and_pictures_are_to_be_seen_and_nothing_is_asked_for(String run,
            int charts, int tables) throws Exception {
        JsonNode seen = browse(probed(run, ""), "--window-size=1200,900").seen();
        assertThat(seen.get("wrong")).isEmpty();
        assertThat(seen.get("asked")).isEmpty();
        assertThat(numbers(seen.get("svg"))).hasSize(charts).allMatch(s -> s > 150);
        assertThat(numbers(seen.get("line"))).hasSizeGreaterThan(charts).allMatch(w -> w > 100);
        assertThat(numbers(seen.get("table"))).hasSize(tables).allMatch(s -> s > 50);
        assertThat(numbers(seen.get("figure"))).hasSizeBetween(10, 24).allMatch(s -> s > 90);
        assertThat(numbers(seen.get("img"))).hasSize(1 + seen.get("figure").size()).allMatch(s -> s > 90);
        assertThat(numbers(seen.get("natural"))).allMatch(w -> w >= 32);
    }

    @ParameterizedTest
    @ValueSource(strings = {"train", "distill"}) void it_is_as_wide_as_a_narrow_page(String run) throws Exception {
        Path page = probed(run, "<style>body { width: 370px }</style>");
        assertThat(browse(page, "--window-size=400,900").seen().get("overflow").asDouble()).isNotPositive();
    }

    @Test void it_is_dark_where_the_reader_likes_it_so() throws Exception {
        String light = browse(probed("train", ""), "--blink-settings=preferredColorScheme=1").seen().get("page").asText();
        assertThat(light).isEqualTo("rgb(255, 255, 255)");
        assertThat(browse(probed("train", ""), "--blink-settings=preferredColorScheme=0").seen().get("page").asText())
                .isEqualTo("rgb(27, 27, 27)");
    }

    @Test void the_page_as_it_is_leaves_the_console_empty() throws Exception {
        assertThat(browse(folder.resolve("train").resolve("report.html")).log()).doesNotContain("CONSOLE");
    }

    @Test void the_probe_sees_what_is_wrong_with_a_page() throws Exception {
        Browsed bad = browse(probed("train", "<img src=\"http://example.invalid/a.png\"><script>nothing()</script>"));
        assertThat(bad.seen().get("wrong").toString()).contains("asks for http://example.invalid/a.png", "nothing is not defined");
        assertThat(bad.log()).contains("CONSOLE");
    }
}
