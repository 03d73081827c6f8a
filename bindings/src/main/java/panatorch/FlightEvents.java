package panatorch;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.FlightRecorder;
import jdk.jfr.FlightRecorderListener;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Period;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/**
 * The events that this library adds to recordings of Java's flight recorder. Loading an event's class takes a tenth of a second, so check
 * {@link #recorderStarted} before using one.
 */
final class FlightEvents {
    private FlightEvents() {}

    /**
     * True once the recorder has started. Not volatile, as every operator call reads it; a thread may miss the first events of a recording.
     */
    private static boolean recorderStarted;

    /** Returns whether the flight recorder has been started. */
    static boolean recorderStarted() { return recorderStarted; }

    /** Registers the events when the recorder starts. A listener waits for that, as asking for the recorder would start it. */
    static void register() {
        FlightRecorder.addListener(new FlightRecorderListener() {
            @Override public void recorderInitialized(FlightRecorder recorder) {
                FlightRecorder.register(OperatorCall.class);
                FlightRecorder.register(Range.class);
                FlightRecorder.register(TensorLeak.class);
                FlightRecorder.register(OutOfMemory.class);
                FlightRecorder.addPeriodicEvent(NativeMemory.class, NativeMemory::emit);
                recorderStarted = true;
            }
        });
    }

    @Name("panatorch.Operator")
    @Label("Operator")
    @Category("PanaTorch")
    @Description("A call of a libtorch operator. The duration is that of the call; on a GPU the work goes on after it.")
    @Enabled(false)
    @StackTrace(false)
    static final class OperatorCall extends Event {
        @Label("Operator")
        @Nullable
        String operator;
        @Label("Result")
        @Description("Type and shape of the first result, if that is a tensor; none after an error")
        @Nullable
        String result;
    }

    @Name("panatorch.Range")
    @Label("Range")
    @Category("PanaTorch")
    @Description("A part of the program that RecordFunction names")
    @StackTrace(false)
    static final class Range extends Event {
        @Label("Range")
        @Nullable
        String name;
    }

    @Name("panatorch.TensorLeak")
    @Label("Tensor Leak")
    @Category("PanaTorch")
    @Description("A tensor outside any scope that became garbage before it was closed: its memory was freed late")
    @StackTrace(false)
    static final class TensorLeak extends Event {
        @Label("Site")
        @Description("Where it was made, with -Dpanatorch.leaks=trace")
        @Nullable
        String site;

        static void emit(@Nullable String site) {
            var event = new TensorLeak();
            event.site = site;
            event.commit();
        }
    }

    @Name("panatorch.NativeMemory")
    @Label("Native Memory")
    @Category("PanaTorch")
    @Description("What tensors and the process take; -1 where the system does not tell")
    @Period("10 s")
    @StackTrace(false)
    static final class NativeMemory extends Event {
        @Label("Live Tensors")
        long liveTensors;
        @Label("Collected Tensors")
        @Description("Freed late by the garbage collector since the start")
        long collectedTensors;
        @Label("Native Heap")
        @DataAmount
        long nativeHeap;
        @Label("Resident")
        @DataAmount
        long resident;
        @Label("Peak Resident")
        @DataAmount
        long peakResident;

        static void emit() {
            var event = new NativeMemory();
            MemoryStats stats = MemoryStats.now();
            event.liveTensors = stats.liveTensors();
            event.collectedTensors = stats.collectedTensors();
            event.nativeHeap = stats.nativeHeapBytes();
            event.resident = stats.residentBytes();
            event.peakResident = stats.peakResidentBytes();
            event.commit();
        }
    }

    @Name("panatorch.OutOfMemory")
    @Label("Out of Memory")
    @Category("PanaTorch")
    @Description("libtorch found no memory for an operator, garbage was freed, and the operator tried again where that is safe")
    static final class OutOfMemory extends Event {
        @Label("Operator")
        @Nullable
        String operator;
        @Label("Freed Tensors")
        @Description("Garbage that was freed")
        long freedTensors;
        @Label("Recovered")
        @Description("Whether the operator went through at the second time")
        boolean recovered;

        static void emit(String operator, long freedTensors, boolean recovered) {
            var event = new OutOfMemory();
            event.operator = operator;
            event.freedTensors = freedTensors;
            event.recovered = recovered;
            event.commit();
        }
    }
}
