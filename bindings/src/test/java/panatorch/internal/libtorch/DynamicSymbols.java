package panatorch.internal.libtorch;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/** The names that a 64-bit ELF library has for others, without loading it. */
final class DynamicSymbols {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final int SECTIONS_AT = 40, SECTION_BYTES = 64, SECTION_COUNT_AT = 60, DYNAMIC_SYMBOLS = 11, SYMBOL_BYTES = 24;

    private final Set<String> defined = new HashSet<>(), imported = new HashSet<>();

    DynamicSymbols(Path library, Arena arena) throws IOException {
        try (var channel = FileChannel.open(library)) {
            MemorySegment file = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            long sections = file.get(LONG, SECTIONS_AT);
            int count = file.get(SHORT, SECTION_COUNT_AT) & 0xffff;
            for (int i = 0; i < count; i++) {
                long section = sections + (long) i * SECTION_BYTES;
                if (file.get(INT, section + 4) != DYNAMIC_SYMBOLS) continue;
                long names = file.get(LONG, sections + (long) file.get(INT, section + 40) * SECTION_BYTES + 24);
                read(file.asSlice(file.get(LONG, section + 24), file.get(LONG, section + 32)), file, names);
            }
        }
    }

    private void read(MemorySegment symbols, MemorySegment file, long names) {
        for (long at = 0; at < symbols.byteSize(); at += SYMBOL_BYTES) {
            String name = file.getString(names + symbols.get(INT, at));
            (symbols.get(SHORT, at + 6) == 0 ? imported : defined).add(name);
        }
    }

    Set<String> defined() { return defined; }

    Set<String> imported() { return imported; }
}
