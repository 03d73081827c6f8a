package panatorch.apps.reproduce;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The numbers of REPRODUCTION.md, and of the page on choosing a method, are those of the kept reports, rounded. */
class ReproductionPageTest {
    private static final Path PAGE = Path.of("REPRODUCTION.md"), REPORTS = Path.of("docs/reproduction");
    private static final Pattern SECTION = Pattern.compile("\n(?=##+ )"),
            REPORT = Pattern.compile("\\((docs/reproduction/[^)]+\\.json)\\)"),
            SPREAD = Pattern.compile("[−+]?(\\d[\\d.]*) ± (\\d+(?:\\.\\d+)?)");

    /** A mean and its deviation or standard error. */
    private record Figure(double mean, double spread) {
        boolean isWrittenAs(String number, String deviation) { return rounds(mean, number) && rounds(spread, deviation); }

        private static boolean rounds(double value, String written) {
            var number = new BigDecimal(written);
            return new BigDecimal(Math.abs(value)).setScale(number.scale(), RoundingMode.HALF_EVEN).compareTo(number) == 0;
        }
    }

    @Test void sections_have_the_numbers_of_their_reports() throws IOException {
        int reports = 0;
        for (String section : SECTION.split(Files.readString(PAGE))) {
            Matcher report = REPORT.matcher(section);
            if (!section.startsWith("#") || section.startsWith("# ") || !report.find()) continue;
            assertThat(unknown(section, figures(Path.of(report.group(1))))).as(section.lines().findFirst().orElseThrow()).isEmpty();
            reports++;
        }
        assertThat(reports).isGreaterThan(12);
    }

    @Test void claims_have_the_numbers_of_the_reports() throws IOException {
        assertThat(unknown(SECTION.split(Files.readString(PAGE))[0], allFigures())).isEmpty();
    }

    @Test void the_page_on_choosing_has_the_numbers_of_its_report() throws IOException {
        String page = Files.readString(Path.of("../nn/docs/which-dropout.md"));
        assertThat(unknown(page, figures(REPORTS.resolve("dropout-methods-medium.json")))).isEmpty();
    }

    private static List<String> unknown(String text, List<Figure> figures) {
        return SPREAD.matcher(text).results().filter(m -> figures.stream().noneMatch(f -> f.isWrittenAs(m.group(1), m.group(2))))
                .map(m -> m.group()).toList();
    }

    private static List<Figure> allFigures() throws IOException {
        var all = new ArrayList<Figure>();
        try (Stream<Path> files = Files.list(REPORTS)) {
            for (Path file : files.filter(f -> f.toString().endsWith(".json")).toList()) all.addAll(figures(file));
        }
        return all;
    }

    private static List<Figure> figures(Path report) throws IOException {
        JsonNode json = new ObjectMapper().readTree(report.toFile());
        var figures = new ArrayList<Figure>();
        for (JsonNode variant : json.get("variants"))
            for (JsonNode measure : variant) figures.add(new Figure(measure.path("mean").asDouble(), measure.path("sd").asDouble()));
        for (JsonNode d : json.get("differences")) figures.add(new Figure(d.path("mean").asDouble(), d.path("standard error").asDouble()));
        return figures;
    }
}
