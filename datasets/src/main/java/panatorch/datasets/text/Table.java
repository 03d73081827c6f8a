package panatorch.datasets.text;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import panatorch.datasets.DatasetException;

/**
 * A UTF-8 file of rows with named columns; its first line holds the names. {@link #tsv TSV} has no quotes, as in GLUE's files. {@link #csv
 * CSV} is RFC 4180's: quoted values may contain commas, line ends and doubled quotes.
 */
public final class Table {
    private final Path path;
    private final List<String> columns;
    private final List<List<String>> rows = new ArrayList<>();
    private final List<Integer> lines = new ArrayList<>();

    private Table(Path path, char separator, boolean quotes) {
        this.path = path;
        String text = text(path);
        var parser = new Parser(path, text, separator, quotes);
        if (!parser.hasRow())
            throw new DatasetException("the file " + path + " is empty; a line with the names of its columns was expected");
        columns = List.copyOf(parser.row());
        while (parser.hasRow()) {
            int line = parser.line();
            List<String> row = parser.row();
            if (row.size() == 1 && row.getFirst().isEmpty() && columns.size() > 1) continue; // an empty line
            if (row.size() != columns.size())
                throw new DatasetException("line " + line + " of the file " + path + " has " + row.size() + " columns; "
                        + columns.size() + " were expected: " + String.join(", ", columns));
            rows.add(row);
            lines.add(line);
        }
    }

    /**
     * Reads a file whose columns are separated by tabs.
     *
     * @throws DatasetException if the file is missing, empty or not UTF-8, or a line has too few or too many columns
     */
    public static Table tsv(Path file) { return new Table(file, '\t', false); }

    /**
     * Reads a file whose columns are separated by commas, and may be quoted.
     *
     * @throws DatasetException in the cases of {@link #tsv}, or if a quote is not closed or followed by more of the value
     */
    public static Table csv(Path file) { return new Table(file, ',', true); }

    private static String text(Path path) {
        try {
            String text = Files.readString(path);
            return text.startsWith("\uFEFF") ? text.substring(1) : text;
        } catch (CharacterCodingException e) {
            throw new DatasetException("the file " + path + " is not UTF-8", e);
        } catch (IOException e) {
            throw new DatasetException("the file " + path + " cannot be read: " + e, e);
        }
    }

    public Path path() { return path; }

    public List<String> columns() { return columns; }

    /** Returns the number of rows, without the line of names. */
    public int size() { return rows.size(); }

    /** Returns the line of the file where a row begins, from 1. */
    public int line(int row) { return lines.get(row); }

    /**
     * Returns the values of a column.
     *
     * @throws DatasetException if there is no such column
     */
    public List<String> column(String name) {
        int at = columns.indexOf(name);
        if (at < 0) throw new DatasetException("the file " + path + " has no column " + name + ", only " + String.join(", ", columns));
        return rows.stream().map(row -> row.get(at)).toList();
    }

    private static final class Parser {
        private final Path path;
        private final String text;
        private final char separator;
        private final boolean quotes;
        private int at, line = 1;

        Parser(Path path, String text, char separator, boolean quotes) {
            this.path = path;
            this.text = text;
            this.separator = separator;
            this.quotes = quotes;
        }

        boolean hasRow() { return at < text.length(); }

        int line() { return line; }

        List<String> row() {
            var row = new ArrayList<String>();
            for (;;) {
                row.add(quotes && at < text.length() && text.charAt(at) == '"' ? quoted() : plain());
                if (at >= text.length()) break;
                char c = text.charAt(at++);
                if (c == separator) continue;
                if (c == '\r' && at < text.length() && text.charAt(at) == '\n') at++;
                line++;
                break;
            }
            return row;
        }

        private boolean endsValue(char c) { return c == separator || c == '\n' || c == '\r'; }

        private String plain() {
            int from = at;
            while (at < text.length() && !endsValue(text.charAt(at))) at++;
            return text.substring(from, at);
        }

        private String quoted() {
            int begun = line;
            var value = new StringBuilder();
            for (at++; at < text.length(); at++) {
                char c = text.charAt(at);
                if (c == '\n') line++;
                if (c != '"') value.append(c);
                else if (at + 1 < text.length() && text.charAt(at + 1) == '"') value.append(text.charAt(at++));
                else {
                    at++;
                    if (at < text.length() && !endsValue(text.charAt(at)))
                        throw new DatasetException(
                                "line " + line + " of the file " + path
                                        + " has characters after a closing quote; double a quote inside quotes");
                    return value.toString();
                }
            }
            throw new DatasetException("the quote opened in line " + begun + " of the file " + path + " is never closed");
        }
    }
}
