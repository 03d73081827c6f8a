package panatorch.internal.natives;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/**
 * The names that a library for 64-bit Linux (ELF), macOS (Mach-O) or Windows (PE) exports and imports, read from its file without loading
 * it.
 */
final class ExportTable {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final int ELF = 0x464c457f, MACH_O = 0xfeedfacf, PE = 0x5a4d;

    private final MemorySegment file;
    private final Set<String> exported = new HashSet<>(), imported = new HashSet<>();

    private ExportTable(MemorySegment file) throws IOException {
        this.file = file;
        int magic = file.get(INT, 0);
        if (magic == ELF) elf();
        else if (magic == MACH_O) machO();
        else if ((magic & 0xffff) == PE) pe();
        else throw new IOException("neither ELF, Mach-O nor PE");
    }

    static ExportTable of(Path library) throws IOException {
        try (var channel = FileChannel.open(library); var arena = Arena.ofConfined()) {
            return new ExportTable(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena));
        }
    }

    Set<String> exported() { return exported; }

    /** Not read of a library for Windows. */
    Set<String> imported() { return imported; }

    /** Of the section headers, the dynamic symbols and their strings. */
    private void elf() {
        int sectionBytes = 64, dynamicSymbols = 11, symbolBytes = 24;
        long sections = file.get(LONG, 40);
        int count = file.get(SHORT, 60) & 0xffff;
        for (int i = 0; i < count; i++) {
            long section = sections + (long) i * sectionBytes;
            if (file.get(INT, section + 4) != dynamicSymbols) continue;
            long names = file.get(LONG, sections + (long) file.get(INT, section + 40) * sectionBytes + 24);
            long begin = file.get(LONG, section + 24), end = begin + file.get(LONG, section + 32);
            for (long at = begin; at < end; at += symbolBytes)
                (file.get(SHORT, at + 6) == 0 ? imported : exported).add(file.getString(names + file.get(INT, at)));
        }
    }

    /**
     * The symbol table, which the dynamic one divides into local, exported and imported symbols. C's names have an underscore before them.
     */
    private void machO() {
        int symbolTable = 0x2, dynamicSymbolTable = 0xb, symbolBytes = 16;
        long symbols = 0, names = 0, command = 32;
        for (int i = 0, n = file.get(INT, 16); i < n; i++, command += file.get(INT, command + 4)) {
            int kind = file.get(INT, command);
            if (kind == symbolTable) {
                symbols = file.get(INT, command + 8) & 0xffffffffL;
                names = file.get(INT, command + 16) & 0xffffffffL;
            } else if (kind == dynamicSymbolTable) {
                addMachO(exported, symbols, names, symbolBytes, file.get(INT, command + 16), file.get(INT, command + 20));
                addMachO(imported, symbols, names, symbolBytes, file.get(INT, command + 24), file.get(INT, command + 28));
            }
        }
    }

    private void addMachO(Set<String> into, long symbols, long names, int symbolBytes, int first, int count) {
        for (long i = first; i < (long) first + count; i++)
            into.add(file.getString(names + (file.get(INT, symbols + i * symbolBytes) & 0xffffffffL)).replaceFirst("^_", ""));
    }

    /** The export directory. Addresses in it are those of the loaded library, which the sections map to places of the file. */
    private void pe() {
        long header = file.get(INT, 60), optional = header + 24, sections = optional + (file.get(SHORT, header + 20) & 0xffff);
        int count = file.get(SHORT, header + 6) & 0xffff;
        long directory = inFile(sections, count, file.get(INT, optional + 112)),
                names = inFile(sections, count, file.get(INT, directory + 32));
        for (int i = 0, n = file.get(INT, directory + 24); i < n; i++)
            exported.add(file.getString(inFile(sections, count, file.get(INT, names + 4L * i))));
    }

    private long inFile(long sections, int count, int address) {
        for (int i = 0; i < count; i++) {
            long section = sections + 40L * i;
            int begin = file.get(INT, section + 12);
            if (address >= begin && address < begin + file.get(INT, section + 16))
                return (long) address - begin + file.get(INT, section + 20);
        }
        throw new IllegalStateException("no section has address " + address);
    }
}
