import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Fails on dead relative links: {@code Links markdown ROOT} reads the project's Markdown files, {@code Links site FOLDER} the generated
 * pages.
 */
final class Links {
    private static final Pattern FENCED = Pattern.compile("(?ms)^```.*?^```"), INLINE = Pattern.compile("`[^`\n]*`");
    private static final Pattern MARKDOWN_LINK = Pattern.compile("\\]\\(([^)\\s]+)(?:\\s+\"[^\"]*\")?\\)");
    private static final Pattern MARKDOWN_HEADING = Pattern.compile("(?m)^#{1,6} +(.+)$");
    private static final Pattern LINK = Pattern.compile("\\b(?:href|src)=\"([^\"]*)\"");
    private static final Pattern ID = Pattern.compile("\\b(?:id|name)=\"([^\"]*)\"");
    private static final Pattern HEADING = Pattern.compile("<h([1-6])>(.*?)</h\\1>"), TAG = Pattern.compile("<[^>]*>");
    private static final Pattern SCHEME = Pattern.compile("^(?:[a-zA-Z][a-zA-Z0-9+.-]*:|//).*");

    private static final Pattern GENERATED = Pattern.compile("(.*/)?(target|\\.git)/.*");

    private final Map<Path, Set<String>> anchors = new HashMap<>();
    private final List<String> dead = new ArrayList<>();
    private int links;

    private Links() {}

    public static void main(String[] args) throws IOException {
        var checked = new Links();
        Path folder = Path.of(args[1]).toAbsolutePath().normalize();
        List<Path> files = files(folder, args[0].equals("site") ? ".html" : ".md");
        if (args[0].equals("site")) checked.site(folder, files);
        else checked.markdown(files);
        checked.dead.forEach(System.err::println);
        System.out.println(checked.links + " relative links in " + files.size() + " files, " + checked.dead.size() + " of them dead");
        if (!checked.dead.isEmpty()) System.exit(1);
    }

    private static List<Path> files(Path folder, String suffix) throws IOException {
        try (var all = Files.walk(folder)) {
            var files = all.filter(f -> f.toString().endsWith(suffix));
            if (suffix.equals(".md")) files = files.filter(f -> !GENERATED.matcher(folder.relativize(f).toString()).matches());
            return files.sorted().toList();
        }
    }

    private void markdown(List<Path> files) throws IOException {
        var texts = new HashMap<Path, String>();
        for (Path file : files) {
            String text = FENCED.matcher(Files.readString(file)).replaceAll("");
            texts.put(file, text);
            var slugs = new Slugs();
            MARKDOWN_HEADING.matcher(text).results().forEach(m -> slugs.next(m.group(1)));
            anchors.put(file, slugs.made);
        }
        for (Path file : files) {
            MARKDOWN_LINK.matcher(INLINE.matcher(texts.get(file)).replaceAll("")).results().forEach(m -> check(file, m.group(1)));
        }
    }

    /** Gives the guides' pages what their links expect on a forge: the anchors of headings, and a folder's README. */
    private void site(Path folder, List<Path> files) throws IOException {
        var texts = new HashMap<Path, String>();
        for (Path file : files) {
            String text = Files.readString(file);
            if (!file.startsWith(folder.resolve("api"))) {
                var slugs = new Slugs();
                text = HEADING.matcher(text).replaceAll(m -> Matcher.quoteReplacement("<h%1$s id=\"%2$s\">%3$s</h%1$s>".formatted(
                        m.group(1), slugs.next(text(m)), m.group(2))));
                text = LINK.matcher(text).replaceAll(m -> Matcher.quoteReplacement(page(file, m)));
                Files.writeString(file, text);
            }
            texts.put(file, text);
            anchors.put(file, new HashSet<>(ID.matcher(text).results().map(m -> unescaped(m.group(1))).toList()));
        }
        Files.copy(folder.resolve("README.html"), folder.resolve("index.html"), StandardCopyOption.REPLACE_EXISTING);
        for (Path file : files) LINK.matcher(texts.get(file)).results().forEach(m -> check(file, m.group(1)));
    }

    private static String text(MatchResult heading) { return unescaped(TAG.matcher(heading.group(2)).replaceAll("")); }

    private static String unescaped(String html) {
        return html.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
    }

    /** A link to a folder goes to its README, and one to a Markdown file that Doxia left as it was goes to the page made of it. */
    private static String page(Path file, MatchResult match) {
        String link = match.group(1);
        if (SCHEME.matcher(link).matches() || link.startsWith("#")) return match.group();
        String[] parts = link.split("#", 2);
        String page = parts[0].endsWith(".md") ? parts[0].replaceAll("md$", "html") : parts[0].replaceAll("/$", "") + "/README.html";
        return Files.exists(file.resolveSibling(page)) ? match.group().replace(parts[0], page) : match.group();
    }

    private void check(Path file, String link) {
        if (SCHEME.matcher(link).matches() || link.isEmpty() || link.equals("#")) return;
        links++;
        String[] parts = URLDecoder.decode(unescaped(link).replace("+", "%2B"), StandardCharsets.UTF_8).split("#", 2);
        String path = parts[0].replaceAll("\\?.*", "");
        Path target = path.isEmpty() ? file : file.resolveSibling(path).normalize();
        if (!Files.exists(target)) dead.add(file + ": there is no " + link);
        else if (parts.length == 2 && anchors.containsKey(target) && !anchors.get(target).contains(parts[1])) {
            dead.add(file + ": no heading or anchor for " + link);
        }
    }

    /** The anchors that forges give to the headings of a page. */
    private static final class Slugs {
        final Set<String> made = new HashSet<>();

        String next(String heading) {
            String words = heading.replaceAll("\\[([^]]*)\\]\\([^)]*\\)", "$1").strip().toLowerCase(Locale.ROOT);
            String plain = words.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-');
            String slug = plain;
            for (int i = 1; !made.add(slug); i++) slug = plain + "-" + i;
            return slug;
        }
    }
}
