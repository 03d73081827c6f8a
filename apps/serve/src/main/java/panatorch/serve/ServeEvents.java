package panatorch.serve;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;
import org.jspecify.annotations.Nullable;

/** The events of served models in recordings of Java's flight recorder. */
final class ServeEvents {
    private ServeEvents() {}

    @Name("panatorch.ServedBatch")
    @Label("Served Batch")
    @Category("PanaTorch")
    @Description("A batch of requests. The duration is that of its run.")
    @StackTrace(false)
    static final class Batch extends Event {
        @Label("Model")
        @Nullable
        String model;
        @Label("Requests")
        int requests;
        @Label("Rows")
        long rows;
        @Label("Waited")
        @Description("How long the request that has waited longest did so")
        @Timespan
        long waited;

        static Batch begin(String model, int requests, long rows, long waited) {
            var event = new Batch();
            event.model = model;
            event.requests = requests;
            event.rows = rows;
            event.waited = waited;
            event.begin();
            return event;
        }
    }

    @Name("panatorch.ServedFailure")
    @Label("Served Failure")
    @Category("PanaTorch")
    @Description("A request on which the model failed")
    @StackTrace(false)
    static final class Failure extends Event {
        @Label("Model")
        @Nullable
        String model;
        @Label("Error")
        @Nullable
        String error;

        static void emit(String model, Throwable error) {
            var event = new Failure();
            event.model = model;
            event.error = error.toString();
            event.commit();
        }
    }

    @Name("panatorch.RejectedRequest")
    @Label("Rejected Request")
    @Category("PanaTorch")
    @Description("A request that was not run")
    @StackTrace(false)
    static final class Rejected extends Event {
        @Label("Model")
        @Nullable
        String model;
        @Label("Reason")
        @Nullable
        String reason;

        static void emit(String model, ServeListener.Rejection reason) {
            var event = new Rejected();
            event.model = model;
            event.reason = reason.name();
            event.commit();
        }
    }
}
