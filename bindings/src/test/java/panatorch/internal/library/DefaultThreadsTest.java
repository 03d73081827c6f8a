package panatorch.internal.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Cores as Linux tells them, on machines that are folders here. */
class DefaultThreadsTest {
    @TempDir
    Path processors;

    /** Processor {@code i} has the siblings that {@code siblings} has at {@code i}. */
    private void machine(String online, String... siblings) throws IOException {
        Files.writeString(processors.resolve("online"), online + "\n");
        for (int i = 0; i < siblings.length; i++) {
            Path topology = Files.createDirectories(processors.resolve("cpu" + i + "/topology"));
            Files.writeString(topology.resolve("thread_siblings_list"), siblings[i] + "\n");
        }
    }

    private int cores(String allowed) throws IOException {
        return DefaultThreads.cores("Name:\tjava\nCpus_allowed:\tff\nCpus_allowed_list:\t" + allowed + "\nMems_allowed:\t1\n", processors);
    }

    @Test void processors_with_a_core_each_count_each() throws IOException {
        machine("0-1", "0", "1");
        assertThat(cores("0-1")).isEqualTo(2);
    }

    @Test void two_processors_of_one_core_count_once() throws IOException {
        machine("0-3", "0,2", "1,3", "0,2", "1,3");
        assertThat(cores("0-3")).isEqualTo(2);
    }

    @Test void only_processors_that_the_process_may_run_on_count() throws IOException {
        machine("0-7", "0-1", "0-1", "2-3", "2-3", "4-5", "4-5", "6-7", "6-7");
        assertThat(cores("0,2-4")).isEqualTo(3);
    }

    @Test void processors_that_may_be_added_one_day_do_not_count() throws IOException {
        machine("0-1", "0", "1");
        assertThat(cores("0-127")).isEqualTo(2);
    }

    @Test void a_machine_that_does_not_tell_is_an_error() {
        assertThatThrownBy(() -> cores("0")).isInstanceOf(NoSuchFileException.class);
    }
}
