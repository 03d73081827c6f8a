package panatorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.Logger;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Property;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class UpcallsTest {
    private static final class Events extends AbstractAppender {
        private final ArrayList<LogEvent> events = new ArrayList<>();

        Events() { super("events", null, null, true, Property.EMPTY_ARRAY); }

        @Override public void append(LogEvent e) { events.add(e.toImmutable()); }
    }

    @Test void an_exception_of_a_kernel_that_no_call_of_ours_waits_for_is_logged_and_libtorch_reports_an_error() {
        var mine = new IllegalStateException("mine");
        var log = new Events();
        log.start();
        var logger = (Logger) LogManager.getLogger(Upcalls.class);
        logger.addAppender(log);
        logger.setAdditive(false); // not to the console
        try (var scope = Scope.open(); var aten = OperatorLibrary.open("aten"); var x = Torch.ones(DType.FLOAT32, 2).unwrap()) {
            aten.implement("leaky_relu", Device.Type.CPU, a -> {
                throw mine;
            });
            assertThatThrownBy(() -> torch.leaky_relu(x)).isInstanceOf(RuntimeException.class)
                    .hasMessageContaining("Expected Tensor but got None");
        } finally {
            logger.setAdditive(true);
            logger.removeAppender(log);
        }
        assertThat(log.events).hasSize(1);
        assertThat(log.events.getFirst().getLevel()).isEqualTo(Level.ERROR);
        assertThat(log.events.getFirst().getThrown()).isSameAs(mine);
        assertThat(log.events.getFirst().getMessage().getFormattedMessage()).startsWith("a kernel of aten::leaky_relu failed on a thread");
    }
}
