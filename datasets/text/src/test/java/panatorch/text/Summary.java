package panatorch.text;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** All that a tokenizer makes of a text, as a string: what {@code tokenizer_cases.py} writes for Python's tokenizers. */
final class Summary {
    private Summary() {}

    static String of(Tokenizer tokenizer, String text, @Nullable String pair) {
        Encoding encoding = tokenizer.encode(text, pair, true);
        var parts = new ArrayList<String>();
        parts.add(row(encoding));
        encoding.overflowing().forEach(cut -> parts.add(row(cut)));
        int[] ids = encoding.ids();
        parts.add(tokenizer.decode(ids));
        parts.add(tokenizer.decode(ids, false));
        parts.add(tokenizer.decode(IntStream.range(0, ids.length).map(i -> ids[ids.length - 1 - i]).toArray()));
        return String.join("\u0002", parts);
    }

    private static String row(Encoding e) {
        int[] starts = e.starts(), ends = e.ends();
        int[] offsets = IntStream.range(0, 2 * e.size()).map(i -> i % 2 == 0 ? starts[i / 2] : ends[i / 2]).toArray();
        String numbers = List.of(e.ids(), e.typeIds(), e.attentionMask(), e.specialTokensMask(), offsets, e.words()).stream()
                .map(part -> IntStream.of(part).mapToObj(Integer::toString).collect(Collectors.joining(",")))
                .collect(Collectors.joining(";"));
        return numbers + ";" + String.join("\u0001", e.tokens());
    }
}
