package panatorch.text.internal.processors;

import java.util.ArrayList;
import java.util.List;
import panatorch.text.internal.Field;
import panatorch.text.internal.Row;

/**
 * BERT's and RoBERTa's special tokens: one before the first text and one after each text. RoBERTa has another one before the second text,
 * only the type 0, and may leave spaces out of the tokens' places.
 */
final class Enclosing implements Processor {
    private record Special(String token, int id) {}

    private final Special begin, end;
    private final boolean roberta, trim, prefixSpace;

    /** Reads BERT's or RoBERTa's special tokens. */
    Enclosing(Field field, boolean roberta) {
        this.roberta = roberta;
        begin = special(field.get("cls"));
        end = special(field.get("sep"));
        trim = roberta && field.get("trim_offsets").bool();
        prefixSpace = roberta && field.get("add_prefix_space").bool();
    }

    /** Makes BERT's special tokens. */
    Enclosing(String begin, int beginId, String end, int endId) {
        this.begin = new Special(begin, beginId);
        this.end = new Special(end, endId);
        roberta = trim = prefixSpace = false;
    }

    private static Special special(Field field) {
        List<Field> parts = field.list();
        if (parts.size() != 2) throw field.wrong("a list of a token and its id");
        return new Special(parts.get(0).string(), parts.get(1).integer());
    }

    @Override public int added(boolean pair) { return !pair ? 2 : roberta ? 4 : 3; }

    @Override public List<Row> process(List<Row> rows, boolean specialTokens) {
        if (trim) for (Row row : rows) Offsets.trim(row, prefixSpace);
        if (roberta) for (Row row : rows) row.setTypeIds(0);
        if (!specialTokens) return rows;
        var enclosed = new ArrayList<Row>();
        for (int i = 0; i < rows.size(); i++) {
            Row row = enclose(rows.get(i), i);
            for (Row cut : rows.get(i).overflowing) row.overflowing.add(enclose(cut, i));
            enclosed.add(row);
        }
        return enclosed;
    }

    private Row enclose(Row row, int text) {
        var enclosed = new Row(row.length + 2);
        int type = roberta ? 0 : text;
        if (text == 0) enclosed.addSpecial(begin.id, begin.token, 0);
        else if (roberta) enclosed.addSpecial(end.id, end.token, 0);
        enclosed.append(row);
        if (roberta) enclosed.setTypeIds(0);
        enclosed.addSpecial(end.id, end.token, type);
        return enclosed;
    }
}
