package panatorch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.junit.NoTensorLeaks;

/** Which errors are for want of memory, and which operators may be called a second time. */
@NoTensorLeaks
class OutOfMemoryTest {
    @ParameterizedTest
    @ValueSource(strings = {
        "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 4 bytes. Error "
                + "code 12 (Cannot allocate memory)",
        "[enforce fail at alloc_cpu.cpp:121] data. DefaultCPUAllocator: not enough memory: you tried to allocate 4 bytes.",
        "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 139.81 GiB of which 1.38 GiB is free.",
        "CUDA error: out of memory", "std::bad_alloc"}) void libtorch_has_several_ways_to_say_so(String message) {
        assertThat(OutOfMemory.in(message)).isTrue();
    }

    @Test void other_errors_are_not_for_want_of_memory() {
        assertThat(OutOfMemory.in("mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"aten::add.Tensor", "aten::empty.memory_format", "aten::conv2d", "aten::cat",
        "aten::split.Tensor"}) void an_operator_that_only_returns_something_may_be_called_again(String name) {
        assertThat(OutOfMemory.repeatable(operator(name).handle())).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"aten::add_.Tensor", "aten::add.out", "aten::_foreach_add_.Scalar", "aten::_backward",
        "aten::_fused_adam_"}) void an_operator_that_writes_or_returns_nothing_may_not(String name) {
        assertThat(OutOfMemory.repeatable(operator(name).handle())).isFalse();
    }

    private static Operator operator(String name) {
        int dot = name.indexOf('.');
        return dot < 0 ? new Operator(name, "") : new Operator(name.substring(0, dot), name.substring(dot + 1));
    }
}
