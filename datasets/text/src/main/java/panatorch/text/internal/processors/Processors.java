package panatorch.text.internal.processors;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.text.internal.Field;
import panatorch.text.internal.Row;

/** Reads the field {@code post_processor}. */
public final class Processors {
    private Processors() {}

    /** Makes BERT's processor. */
    public static Processor bert(String begin, int beginId, String end, int endId) {
        return new Enclosing(begin, beginId, end, endId);
    }

    /** Reads a processor; null is none. */
    public static @Nullable Processor read(Field field) {
        if (field.isNull()) return null;
        Field type = field.get("type");
        return switch (type.string()) {
            case "TemplateProcessing" -> new Template(field);
            case "BertProcessing" -> new Enclosing(field, false);
            case "RobertaProcessing" -> new Enclosing(field, true);
            case "ByteLevel" -> new Trimming(field.get("trim_offsets").bool(), field.get("add_prefix_space").bool());
            case "Sequence" -> {
                var all = new ArrayList<Processor>();
                for (Field each : field.get("processors").list()) {
                    Processor processor = read(each);
                    if (processor == null) throw each.wrong("a processor");
                    all.add(processor);
                }
                yield new Sequence(all);
            }
            default -> throw type.wrong("TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel or Sequence");
        };
    }

    private record Trimming(boolean trim, boolean prefixSpace) implements Processor {
        @Override public int added(boolean pair) { return 0; }

        @Override public List<Row> process(List<Row> rows, boolean specialTokens) {
            if (trim) for (Row row : rows) Offsets.trim(row, prefixSpace);
            return rows;
        }
    }

    private record Sequence(List<Processor> all) implements Processor {
        @Override public int added(boolean pair) { return all.stream().mapToInt(each -> each.added(pair)).sum(); }

        @Override public List<Row> process(List<Row> rows, boolean specialTokens) {
            List<Row> processed = rows;
            for (Processor each : all) processed = each.process(processed, specialTokens);
            return processed;
        }
    }
}
