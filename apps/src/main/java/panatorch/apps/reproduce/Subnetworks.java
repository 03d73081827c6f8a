package panatorch.apps.reproduce;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.data.Batches;
import panatorch.models.Classifier;
import panatorch.nn.DropoutLayer;
import panatorch.nn.Modes;
import panatorch.nn.Module;
import panatorch.nn.dropout.gyro.GyroDiagnostics;
import panatorch.nn.dropout.gyro.GyroDropout;
import panatorch.nn.dropout.gyro.GyroMasks;
import panatorch.nn.dropout.gyro.GyroOptions;
import panatorch.nn.dropout.gyro.GyroSchedule;
import panatorch.train.Callback;
import panatorch.train.Trainer;

/** Records which subnetworks gyro dropout trains, and measures what they and random ones predict for test examples. */
final class Subnetworks implements Callback {
    static final String TRAINED = "subnetworks trained", FULL = "full %";

    private final GyroDropout gyro;
    /** The trained subnetworks. Each is a mask per layer; layers that select independently combine their masks. */
    private final Set<List<Long>> trained = new LinkedHashSet<>();

    Subnetworks(GyroDropout gyro) { this.gyro = gyro; }

    private List<GyroMasks> masks() { return gyro.replaced().values().stream().map(Subnetworks::masks).toList(); }

    private static GyroMasks masks(DropoutLayer layer) {
        return (GyroMasks) Objects.requireNonNull(layer.masks(), "gyro dropout has replaced the masks");
    }

    @Override public Map<String, ?> stateDict() { return Map.of("trained", trained.stream().toList()); }

    @Override public void loadStateDict(Map<String, ?> state) {
        trained.clear();
        for (Object subnetwork : (List<?>) Objects.requireNonNull(state.get("trained")))
            trained.add(((List<?>) subnetwork).stream().map(mask -> ((Number) mask).longValue()).toList());
    }

    private static Tensor bank(DropoutLayer layer) {
        return Objects.requireNonNull(masks(layer).bank(), "a forward pass has drawn the bank");
    }

    @Override public void batchStart(Trainer t) {
        List<long[]> active = masks().stream().map(m -> gyro.schedule().active(m.layer())).toList();
        for (int i = 0; i < active.getFirst().length; i++) {
            int at = i;
            trained.add(active.stream().map(a -> a[at]).toList());
        }
    }

    /**
     * Measures the mean accuracy of one subnetwork, the accuracy of the ensemble, and their disagreement in %, for trained subnetworks and
     * for as many random ones as σ.
     *
     * @param gyro the recorded subnetworks; null for a model that was trained without gyro dropout, for which only random ones are measured
     * @param everywhere whether the trunk has dropout too; only the first test batch is measured then, because each subnetwork runs the
     * whole model
     */
    static Map<String, Double> measures(Lab lab, Classifier model, Batches testing, boolean everywhere, double p, int count, long seed,
            @Nullable Subnetworks gyro) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter(); var modes = Modes.evaluation(model)) {
            var inputs = new ArrayList<Tensor>();
            var targets = new ArrayList<Tensor>();
            try (var epoch = testing.epoch(1, 0)) {
                while (epoch.hasNext() && !(everywhere && inputs.size() == 1)) {
                    try (var batch = epoch.next(); var one = Scope.open()) {
                        Tensor target = Objects.requireNonNull(batch.target(), "test examples have labels"),
                                input = batch.input().to(lab.device(), batch.input().dtype());
                        inputs.add(one.move(everywhere ? input.clone() : model.features(input)));
                        targets.add(one.move(target.to(lab.device(), target.dtype()).clone()));
                    }
                }
            }
            Tensor input = Aten.cat(inputs.toArray(Tensor[]::new)), target = Aten.cat(targets.toArray(Tensor[]::new));
            Module part = everywhere ? model : model.head();
            var measures = new LinkedHashMap<String, Double>();
            GyroDiagnostics random = of(part, input, target, p, count, seed, Map.of());
            if (gyro != null) {
                measures.put(TRAINED, (double) gyro.trained.size());
                put(measures, "trained", of(part, input, target, p, gyro.trained.size(), seed, gyro.banks()));
            }
            put(measures, "random", random);
            measures.put(FULL, 100 * random.full());
            return measures;
        }
    }

    private static void put(Map<String, Double> measures, String which, GyroDiagnostics d) {
        measures.put(which + ": one %", 100 * d.meanAccuracy());
        measures.put(which + ": ensemble %", 100 * d.ensemble());
        measures.put(which + ": disagree %", 100 * d.disagreement());
    }

    /** Returns a bank of masks for each layer, in which row k belongs to the k-th trained subnetwork. */
    private Map<DropoutLayer, Tensor> banks() {
        var banks = new LinkedHashMap<DropoutLayer, Tensor>();
        int place = 0;
        for (DropoutLayer layer : gyro.replaced().values()) {
            int at = place++;
            Tensor rows = Torch.tensor(trained.stream().mapToLong(subnetwork -> subnetwork.get(at)).toArray());
            Tensor bank = bank(layer);
            banks.put(layer, bank.indexSelect(0, rows.to(bank.device())));
        }
        return banks;
    }

    /**
     * Measures subnetworks.
     *
     * @param banks masks that replace the random ones
     */
    private static GyroDiagnostics of(Module part, Tensor input, Tensor target, double p, int count, long seed,
            Map<DropoutLayer, Tensor> banks) {
        // other masks than the ones of training, which has the plain seed
        try (var schedule = GyroSchedule.of(count, 1, 1, 1_000_000 + seed)) {
            var drawn = GyroDropout.replaceIn(part, schedule, GyroOptions.DEFAULT.p(p));
            try {
                try (var modes = Modes.sampling(part); var scope = Scope.open()) {
                    part.call(input.narrow(0, 0, 1)); // banks are drawn of the widths that layers see
                }
                banks.forEach((layer, bank) -> bank(layer).copy_(bank));
                return GyroDiagnostics.of(part, drawn.replaced(), input, target);
            } finally {
                drawn.undo();
            }
        }
    }
}
