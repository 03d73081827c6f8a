package example;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import panatorch.serve.DeadlineExceededException;
import panatorch.serve.QueueFullException;

/** Spring Boot: {@code java -jar … --images=IMAGES.pt2 --texts=TEXTS.pt2 [--server.port=PORT]}. */
@SpringBootApplication
public class SpringServer {
    /** Spring closes these beans when it stops, after the last request. */
    @Bean Classifier images(@Value("${images}") String file) throws IOException {
        return Classifier.load(Path.of(file));
    }

    @Bean Classifier texts(@Value("${texts}") String file) throws IOException { return Classifier.load(Path.of(file)); }

    /** The endpoints. */
    @RestController
    public static class Endpoints {
        private final Classifier images, texts;

        Endpoints(Classifier images, Classifier texts) {
            this.images = images;
            this.texts = texts;
        }

        @PostMapping(path = "/image", consumes = "image/*") List<Classifier.Guess> image(@RequestBody byte[] file) throws IOException {
            return images.image(file);
        }

        @PostMapping(path = "/text", consumes = "text/plain") List<Classifier.Guess> text(@RequestBody String text) {
            return texts.text(text);
        }

        @ExceptionHandler({IOException.class, IllegalArgumentException.class, QueueFullException.class,
            DeadlineExceededException.class}) ResponseEntity<String> refused(Exception e) {
            return ResponseEntity.status(Classifier.status(e)).body(e.getMessage());
        }
    }

    public static void main(String[] args) {
        SpringApplication.run(SpringServer.class, args);
    }
}
