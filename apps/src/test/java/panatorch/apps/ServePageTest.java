package panatorch.apps;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The page of {@code serve} in a browser, on the models of {@link ModelFilesTest}. */
@Timeout(240)
class ServePageTest {
    private static final Pattern ADDRESS = Pattern.compile(" on (http://\\S+?);");
    private static final String ANSWERED = "document.getElementById('time').innerText.includes('answered in')";

    @TempDir
    Path folder;
    private Child server;
    private Browser browser;
    private String url;

    private static Path file(String name) throws Exception {
        return Path.of(Objects.requireNonNull(ModelFilesTest.class.getResource("models/" + name), name).toURI());
    }

    @BeforeEach void start() throws Exception {
        Optional<Path> program = Browser.program();
        assumeTrue(program.isPresent(), "skipped: there is no chromium, chromium-browser or google-chrome on the path");
        server = Child.start(folder, List.of(), List.of(), "serve", "--port", "0", "--no-grpc", "--workers", "1",
                "image=" + file("image.pt2"), "text=" + file("text.pt2"));
        Matcher m = ADDRESS.matcher(server.out());
        for (; !m.find(); m = ADDRESS.matcher(server.out())) {
            assertThat(server.process().isAlive()).as(server.err()).isTrue();
            Thread.sleep(50);
        }
        url = m.group(1);
        browser = new Browser(program.get(), Files.createDirectory(folder.resolve("browser")));
        browser.open(url + "/");
        browser.await("document.getElementById('model')?.options.length === 2");
        browser.await("document.getElementById('signature').innerText.startsWith('takes ')");
    }

    @AfterEach void stop() {
        if (browser != null) browser.close();
        if (server != null) server.process().destroyForcibly();
    }

    private void select(String model) throws Exception {
        browser.value("(s => { s.value = '" + model + "'; s.dispatchEvent(new Event('change')); })(document.getElementById('model'))");
        // the page moves under the mouse when the signature comes
        browser.await(
                "document.getElementById('signature').innerText.startsWith('takes " + (model.equals("image") ? "x:" : "input_ids:") + "')");
    }

    private void assertAnswered(String label) throws Exception {
        browser.await(ANSWERED);
        assertThat(browser.text("time")).matches("answered in \\d+\\.\\d ms, of which \\d+\\.\\d ms in the queue");
        assertThat(browser.text("answer")).startsWith(label).containsPattern("\\d+\\.\\d %");
        assertThat(browser.text("error")).isEmpty();
    }

    @Test void a_person_types_a_text_and_drops_or_chooses_an_image() throws Exception {
        select("text");
        browser.type("text", "a good film");
        browser.value("document.getElementById('ask').click()");
        assertAnswered("negative");

        select("image");
        browser.drop("drop", file("picture.png"));
        browser.await("document.querySelector('#drop img')?.naturalWidth > 0");
        assertAnswered("airplane");

        browser.value("document.getElementById('time').innerText = ''");
        browser.choose("file", file("picture.png"));
        assertAnswered("airplane");
        assertThat(browser.errors).isEmpty();
        assertThat(browser.requests).isNotEmpty()
                .allMatch(r -> r.startsWith(url + "/") || r.startsWith("blob:" + url) || r.equals("data:,"));
    }

    @Test void a_wrong_kind_of_input_is_told_in_a_sentence() throws Exception {
        select("text");
        browser.choose("file", file("picture.png"));
        browser.await("document.getElementById('error').innerText !== ''");
        assertThat(browser.text("error")).contains("nothing says how images become inputs of the model 'text'");
        assertThat(browser.text("time")).isEmpty();

        select("image");
        browser.choose("file", Files.writeString(folder.resolve("no image.png"), "rubbish"));
        browser.await("document.getElementById('error').innerText.includes('image') && !document.getElementById('error').innerText"
                + ".includes('nothing says')");
        assertThat(browser.text("answer")).isEmpty();
        assertThat(browser.errors).as("the browser tells the status, and nothing else went wrong").hasSize(2)
                .allMatch(e -> e.contains("status of 400"));
    }

    @Test void no_request_leaves_the_page_for_another_server() throws Exception {
        try (var other = new ServerSocket(0, 8, InetAddress.getLoopbackAddress())) {
            String there = "http://127.0.0.1:" + other.getLocalPort() + "/";
            String refused = browser.value("fetch('" + there + "').then(() => 'answered', e => 'refused: ' + e.message)").asText();
            assertThat(refused).startsWith("refused");
            String image = "new Promise(end => { const i = new Image(); i.onload = () => end('loaded'); i.onerror = () => end('refused'); "
                    + "i.src = '" + there + "x.png'; })";
            assertThat(browser.value(image).asText()).isEqualTo("refused");
            assertThat(browser.errors).hasSizeGreaterThanOrEqualTo(2).allMatch(e -> e.contains("Content Security Policy"));
            other.setSoTimeout(500);
            try (var _ = other.accept()) {
                throw new AssertionError("a request came");
            } catch (SocketTimeoutException e) {
                // as it should be
            }
        }
    }
}
