package panatorch.internal.pickle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Pickles are written here as Python's {@code pickletools} would take them apart. */
class PickleTest {
    private static final class Attributes implements Pickle.Built {
        @Nullable
        Object state;

        @Override public void build(@Nullable Object state) { this.state = state; }
    }

    /** Knows three functions: {@code test.text}, which tells its arguments, {@code test.bytes} of a text, and {@code test.object}. */
    private static final Pickle.Names NAMES = new Pickle.Names() {
        @Override public Object global(String module, String name) throws IOException {
            if (module.equals("test") && name.equals("text")) return (Pickle.Maker) Object::toString;
            if (module.equals("test") && name.equals("bytes"))
                return (Pickle.Maker) a -> ((String) a.getFirst()).getBytes(StandardCharsets.ISO_8859_1);
            if (module.equals("test") && name.equals("object")) return (Pickle.Maker) a -> new Attributes();
            throw new IOException("it asks for " + module + "." + name);
        }

        @Override public @Nullable Object persistent(@Nullable Object id) { return id; }

        @Override public IOException malformed(String what) { return new IOException(what); }
    };

    private static @Nullable Object read(String pickle) throws IOException {
        byte[] bytes = ("\u0080\u0002" + pickle).getBytes(StandardCharsets.ISO_8859_1);
        Pickle.Read read = Pickle.read(MemorySegment.ofArray(bytes), 0, NAMES);
        assertThat(read.end()).isEqualTo(bytes.length);
        return read.value();
    }

    private static void assertRefused(String pickle, String why) {
        assertThatThrownBy(() -> read(pickle)).isInstanceOf(IOException.class).hasMessageContaining(why);
    }

    @Test void plain_values_come_as_javas_own() throws IOException {
        assertThat(read("(K\u0005NX\u0001\0\0\0a\u0088\u008a\u0001\u00ffG\u0040\u0009\0\0\0\0\0\0t."))
                .isEqualTo(Arrays.asList(5L, null, "a", true, -1L, 3.125));
        assertThat(read("\u008a\u0009\0\0\0\0\0\0\0\0\u0001.")).isEqualTo(BigInteger.TWO.pow(64));
        assertThat(read("}(K\1]K\2aK\3)u.")).isEqualTo(Map.of(1L, List.of(2L), 3L, List.of()));
        assertThat(read("]q\0(h\0h\0t.")).satisfies(t -> assertThat(((List<?>) t).get(0)).isSameAs(((List<?>) t).get(1)));
    }

    @Test void a_function_is_called_if_it_is_known_and_refused_by_its_name_if_not() throws IOException {
        assertThat(read("ctest\ntext\nK\1K\2\u0086R.")).isEqualTo("[1, 2]");
        assertRefused("cos\nsystem\nX\u0004\0\0\0true\u0085R.", "it asks for os.system");
        assertRefused("\u008c\u0005posix\u008c\u0006system\u0093.", "it asks for posix.system");
        assertRefused("X\u0002\0\0\0hi)R.", "a call of a value that is not a function");
        assertRefused("(I1\nI2\nios\nsystem\n.", "an operation (0x49) that a pickle of data does not need");
    }

    @Test void an_object_takes_its_attributes_after_it_was_made() throws IOException {
        assertThat(read("ctest\nobject\n)RK\7b.")).isInstanceOfSatisfying(Attributes.class, made -> assertThat(made.state).isEqualTo(7L));
    }

    @Test void strings_of_python_2_are_text_in_utf_8_and_bytes_no_keys_unless_the_names_say_so() throws IOException {
        String pickle = "}U\2\u00c3\u00a4NsT\1\0\0\0bNs.";
        assertThat(((Map<?, ?>) read(pickle)).keySet()).hasToString("[ä, b]");
        assertRefused("}C\1aNs.", "a key that is neither text, a number nor a tuple of them");
        var asBytes = new Pickle.Names() {
            @Override public Object global(String module, String name) { return name; }

            @Override public @Nullable Object persistent(@Nullable Object id) { return id; }

            @Override public Object string(byte[] bytes) { return bytes; }

            @Override public String key(byte[] bytes) { return "key of " + bytes.length; }

            @Override public IOException malformed(String what) { return new IOException(what); }
        };
        byte[] bytes = ("\u0080\2" + pickle).getBytes(StandardCharsets.ISO_8859_1);
        assertThat(((Map<?, ?>) Pickle.read(MemorySegment.ofArray(bytes), 0, asBytes).value()).keySet())
                .hasToString("[key of 2, key of 1]");
    }

    /** A text of 1000 characters and a loop of four operations would fill any heap. */
    @Test void bytes_that_are_made_again_and_again_are_refused() {
        assertRefused("ctest\nbytes\nq\0X\u00e8\3\0\0" + "a".repeat(1000) + "q\1" + "h\0h\1\u0085R".repeat(100) + ".",
                "values that would take far more memory than the file");
    }

    @Test void what_is_cut_off_or_made_by_hand_is_refused() {
        for (String cut : List.of("", "K", "]K\1", "X\u0002\0\0\0h", "(", "ctest"))
            assertRefused(cut, "a value that continues beyond the end of the data, as in a truncated file");
        assertRefused("X\u00ff\u00ff\u00ff\u00ffhi.", "a value that continues beyond the end");
        assertRefused("\u008b\u00ff\u00ff\u00ff\u007f1.", "a value that continues beyond the end");
        assertRefused("}]Ns.", "a key that is neither text, a number nor a tuple of them");
        assertRefused("}(K\1NK\1Nu.", "the key 1 twice");
        assertRefused("}(K\1u.", "a key without a value");
        assertRefused("0.", "an operation on values that are not there");
        assertRefused("K\1(0.", "an operation on values that are not there");
        assertRefused("t.", "an operation on a mark that is not there");
        assertRefused("h\7.", "a reference to a value that is not there");
        assertRefused("Nb.", "an operation on values that are not there");
        assertRefused("K\1Nb.", "attributes of something that is not a dict");
        assertThatThrownBy(() -> Pickle.read(MemorySegment.ofArray("(dp0\n.".getBytes(StandardCharsets.US_ASCII)), 0, NAMES))
                .hasMessageContaining("an unknown protocol");
    }
}
