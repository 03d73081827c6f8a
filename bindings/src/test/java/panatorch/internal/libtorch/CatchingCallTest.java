package panatorch.internal.libtorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import panatorch.internal.library.NativeLibrary;

class CatchingCallTest {
    @BeforeAll static void libtorch_is_loaded() { NativeLibrary.load(); }

    @Test void what_a_cpp_function_throws_is_a_java_exception_with_its_text() {
        var thrower = SymbolLookup.loaderLookup().find("_ZSt20__throw_length_errorPKc"); // std::__throw_length_error(char const*)
        assumeTrue(thrower.isPresent(), "skipped: this libtorch does not use GCC's C++ library");
        try (var arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocateFrom("longer than it may be");
            var call = new CatchingCall(thrower.get().address());
            for (int i = 0; i < 3; i++)
                assertThatThrownBy(() -> call.call(text.address())).isExactlyInstanceOf(RuntimeException.class)
                        .hasMessageContaining("longer than it may be");
        }
    }

    @Test void three_words_arrive_in_their_order() {
        try (var arena = Arena.ofConfined()) {
            MemorySegment from = arena.allocateFrom(ValueLayout.JAVA_LONG, 11, 22), to = arena.allocate(16);
            new CatchingCall(Linker.nativeLinker().defaultLookup().find("memcpy").orElseThrow().address()).call(to.address(),
                    from.address(), 16);
            assertThat(to.toArray(ValueLayout.JAVA_LONG)).containsExactly(11, 22);
        }
    }

    @Test void a_method_gets_its_object_two_words_and_a_number_and_may_throw() {
        try (var arena = Arena.ofConfined()) {
            // void* __memcpy_chk(to, from, bytes, room of to), which ends the process where there is less room than bytes
            var copy =
                    Linker.nativeLinker().defaultLookup().find("__memcpy_chk").or(() -> SymbolLookup.loaderLookup().find("__memcpy_chk"));
            assumeTrue(copy.isPresent(), "skipped: this is not glibc");
            MemorySegment from = arena.allocateFrom(ValueLayout.JAVA_LONG, 11, 22, 33), to = arena.allocate(24, 8);
            new CatchingMethod(copy.get().address()).call(to.address(), from.address(), 24, (byte) 24);
            assertThat(to.toArray(ValueLayout.JAVA_LONG)).as("the first word is what it was before").containsExactly(0, 22, 33);

            var thrower = SymbolLookup.loaderLookup().find("_ZSt20__throw_length_errorPKc");
            assumeTrue(thrower.isPresent(), "skipped: this libtorch does not use GCC's C++ library");
            assertThatThrownBy(() -> new CatchingMethod(thrower.get().address()).call(to.address(), 0, 0, (byte) 0))
                    .isExactlyInstanceOf(RuntimeException.class);
            assertThat(to.get(ValueLayout.JAVA_LONG, 0)).isZero();
        }
    }
}
