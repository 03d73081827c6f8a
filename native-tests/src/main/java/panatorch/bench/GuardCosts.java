package panatorch.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import panatorch.Autocast;
import panatorch.BelowAutograd;
import panatorch.DType;
import panatorch.Device;
import panatorch.DeviceGuard;
import panatorch.InferenceMode;
import panatorch.NoGrad;

/** Measures the time to enter and leave each guard. */
final class GuardCosts {
    private GuardCosts() {}

    private static final int ROUNDS = 300, TURNS = 5000;
    private static final Map<String, Supplier<AutoCloseable>> GUARDS = new LinkedHashMap<>();

    static {
        GUARDS.put("NoGrad", NoGrad::enter);
        GUARDS.put("NoGrad.enableGrad", NoGrad::enableGrad);
        GUARDS.put("InferenceMode", InferenceMode::enter);
        GUARDS.put("Autocast", () -> Autocast.enter(Device.Type.CPU, DType.BFLOAT16));
        GUARDS.put("Autocast.off", () -> Autocast.off(Device.Type.CPU));
        GUARDS.put("BelowAutograd", BelowAutograd::enter);
        GUARDS.put("DeviceGuard", () -> DeviceGuard.enter(Device.CPU));
    }

    static void print() {
        GUARDS.forEach((name, enter) -> {
            for (int i = 0; i < 20; i++) nanos(enter);
            var values = new double[ROUNDS];
            for (int i = 0; i < ROUNDS; i++) values[i] = nanos(enter);
            var spread = Figures.Spread.of(values);
            System.out.printf("%s: %.0f ns to enter and leave (median of %d), %.0f ns at best%n", name, spread.median(), ROUNDS,
                    spread.min());
        });
    }

    private static double nanos(Supplier<AutoCloseable> enter) {
        long start = System.nanoTime();
        for (int i = 0; i < TURNS; i++) {
            try (var guard = enter.get()) {
                // nothing: it is the guard that is measured
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }
        return (System.nanoTime() - start) / (double) TURNS;
    }
}
