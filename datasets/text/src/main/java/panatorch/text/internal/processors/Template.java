package panatorch.text.internal.processors;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import panatorch.text.internal.Field;
import panatorch.text.internal.Row;

/** Puts texts and special tokens together by a template. */
final class Template implements Processor {
    /** A text, or special tokens, and the type of its tokens. */
    private sealed interface Part {
        int typeId();
    }

    private record Text(int index, int typeId) implements Part {}

    private record Special(int[] ids, List<String> tokens, int typeId) implements Part {}

    private final List<Part> single, pair;

    /** Reads a template. */
    Template(Field field) {
        Field special = field.get("special_tokens");
        var tokens = new HashMap<String, Special>();
        for (String name : special.map().keySet()) tokens.put(name, special(special.get(name)));
        single = parts(field.get("single"), tokens, 1);
        pair = parts(field.get("pair"), tokens, 2);
    }

    private static Special special(Field field) {
        List<Field> ids = field.get("ids").list(), tokens = field.get("tokens").list();
        if (ids.size() != tokens.size()) throw field.get("tokens").wrong("a list of " + ids.size() + ", as long as ids,");
        return new Special(ids.stream().mapToInt(Field::integer).toArray(), tokens.stream().map(Field::string).toList(), 0);
    }

    private static List<Part> parts(Field field, Map<String, Special> tokens, int texts) {
        var parts = new ArrayList<Part>();
        for (Field each : field.list()) {
            Field text = each.get("Sequence"), special = each.get("SpecialToken");
            if (text.isNull() && special.isNull()) throw each.wrong("an object with Sequence or SpecialToken");
            if (!text.isNull()) {
                int index = text.get("id").constant(Name.class).ordinal();
                if (index >= texts) throw text.get("id").wrong("A");
                parts.add(new Text(index, text.get("type_id").integer()));
            } else {
                Special known = tokens.get(special.get("id").string());
                if (known == null) throw special.get("id").wrong("a name of special_tokens");
                parts.add(new Special(known.ids, known.tokens, special.get("type_id").integer()));
            }
        }
        return List.copyOf(parts);
    }

    /** The names of the first text and the second. */
    private enum Name {
        A, B
    }

    @Override public int added(boolean two) {
        int added = 0;
        for (Part part : two ? pair : single) if (part instanceof Special special) added += special.ids.length;
        return added;
    }

    @Override public List<Row> process(List<Row> rows, boolean specialTokens) {
        var processed = new ArrayList<Row>();
        for (Part part : rows.size() == 2 ? pair : single) {
            switch (part) {
                case Text text -> {
                    Row row = rows.get(text.index);
                    row.setTypeIds(text.typeId);
                    processed.add(row);
                }
                case Special special -> {
                    if (!specialTokens) continue;
                    var row = new Row(special.ids.length);
                    for (int i = 0; i < special.ids.length; i++) row.addSpecial(special.ids[i], special.tokens.get(i), special.typeId);
                    processed.add(row);
                }
            }
        }
        return processed;
    }
}
