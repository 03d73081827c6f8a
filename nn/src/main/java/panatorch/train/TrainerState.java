package panatorch.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.serialize.Checkpoints;
import panatorch.serialize.Saving;

/** Writes a trainer's state into a checkpoint, and reads it back. */
final class TrainerState {
    private static final String RANKS = "ranks", RNG = "rng";

    private final Trainer trainer;

    TrainerState(Trainer trainer) { this.trainer = trainer; }

    void save(Path file) throws IOException {
        try (var scope = Scope.open()) {
            Map<String, Object> sections = stateDict();
            if (trainer.world.rank() == 0) Checkpoints.write(file, sections);
        }
    }

    Saving saveAsync(Path file) throws IOException {
        try (var scope = Scope.open()) {
            Map<String, Object> sections = stateDict();
            return trainer.world.rank() == 0 ? Checkpoints.saveAsync(file, sections) : Saving.done(file);
        }
    }

    void load(Path file) throws IOException {
        try (var scope = Scope.open()) {
            loadStateDict(Checkpoints.read(file));
        }
    }

    /** Returns the sections. Tensors belong to the current scope, or are the model's own. */
    private Map<String, Object> stateDict() {
        if (!trainer.atSafePoint)
            throw new IllegalStateException("a trainer can only be saved between two steps; call save in Callback.safePoint");
        var sections = new LinkedHashMap<String, Object>();
        sections.put("model", trainer.model().stateDict());
        sections.put("optimizer", trainer.optimizer().stateDict());
        if (trainer.scaler() != null) sections.put("scaler", trainer.scaler().stateDict());
        sections.put(RNG, generators());
        sections.put("position", Map.of("epochs", trainer.finishedEpochs, "batch", (long) trainer.batch, "batches", (long) trainer.batches,
                "steps", trainer.steps, "trained", trainer.trained().stateDict()));
        sections.put("history", trainer.history.stream().map(TrainerState::plain).toList());
        var callbacks = new LinkedHashMap<String, Object>();
        named().forEach((name, callback) -> {
            Map<String, ?> state = callback.stateDict();
            if (!state.isEmpty()) callbacks.put(name, state);
        });
        sections.put("callbacks", callbacks);
        if (trainer.world.ranks() > 1) {
            List<Map<String, Tensor>> all = trainer.world.allGather(ofThisRank());
            sections.put(RANKS, new ArrayList<>(all.subList(1, all.size())));
        }
        return sections;
    }

    /** Returns what is different on each rank. For rank 0, the other sections have it. */
    private Map<String, Tensor> ofThisRank() {
        Map<String, Tensor> own = trainer.trained().tensors();
        try (var cpu = Generator.global()) {
            own.put(RNG, cpu.state());
        }
        return own;
    }

    /**
     * Restores what is different on each rank, once that of rank 0 is loaded: this rank takes what the rank of its number had, and the sums
     * of ranks that there are no longer are divided among the others.
     *
     * @param others what the ranks from 1 on had; empty for the checkpoint of one process
     */
    private void loadOfThisRank(List<Map<String, Object>> others) {
        int rank = trainer.world.rank(), ranks = trainer.world.ranks();
        if (rank > 0) trainer.trained().reset();
        for (int r = rank == 0 ? ranks : rank; r <= others.size(); r += ranks) trainer.trained().add(others.get(r - 1));
        trainer.world.seed(trainer.steps);
        if (rank == 0 || rank > others.size()) return;
        try (var cpu = Generator.global()) {
            cpu.setState(State.tensor(RNG, others.get(rank - 1).get(RNG)));
        }
    }

    private void loadStateDict(Map<String, @Nullable Object> sections) {
        Map<String, Object> position = State.map(sections, "position"), callbacks = State.map(sections, "callbacks"),
                rng = State.map(sections, RNG);
        trainer.model().loadStateDict(State.tensors(sections, "model"));
        trainer.optimizer().loadStateDict(State.map(sections, "optimizer"));
        if (trainer.scaler() != null && sections.containsKey("scaler")) trainer.scaler().loadStateDict(State.map(sections, "scaler"));
        trainer.finishedEpochs = State.number(position, "epochs").longValue();
        trainer.batch = State.number(position, "batch").intValue();
        trainer.batches = position.containsKey("batches") ? State.number(position, "batches").intValue() : 0;
        trainer.epoch = trainer.finishedEpochs + (trainer.batch > 0 ? 1 : 0);
        trainer.steps = State.number(position, "steps").longValue();
        trainer.trained().loadStateDict(State.map(position, "trained"));
        trainer.history.clear();
        for (Object summary : State.of(sections, "history", List.class)) trainer.history.add(summary(summary));
        named().forEach((name, callback) -> {
            if (callbacks.containsKey(name)) callback.loadStateDict(State.map(callbacks, name));
        });
        setGenerators(rng);
        @SuppressWarnings("unchecked") List<Map<String, Object>> others =
                sections.containsKey(RANKS) ? State.of(sections, RANKS, List.class) : List.of();
        loadOfThisRank(others);
    }

    /** Returns the callbacks by name. A number tells apart two of one name. */
    private Map<String, Callback> named() {
        var named = new LinkedHashMap<String, Callback>();
        for (Callback c : trainer.callbacks()) {
            String name = c.name();
            for (int i = 2; named.containsKey(name); i++) name = c.name() + i;
            named.put(name, c);
        }
        return named;
    }

    private Map<String, Object> generators() {
        var states = new LinkedHashMap<String, Object>();
        try (var cpu = Generator.global()) {
            states.put("cpu", cpu.state());
        }
        Device device = trainer.placement().device();
        if (!device.equals(Device.CPU)) {
            try (var other = Generator.global(device)) {
                states.put(device.toString(), other.state());
            }
        }
        return states;
    }

    private void setGenerators(Map<String, Object> states) {
        try (var cpu = Generator.global()) {
            cpu.setState(State.tensor("cpu", states.get("cpu")));
        }
        Device device = trainer.placement().device();
        if (device.equals(Device.CPU) || !states.containsKey(device.toString())) return;
        try (var other = Generator.global(device)) {
            other.setState(State.tensor(device.toString(), states.get(device.toString())));
        }
    }

    private static Map<String, Object> plain(Trainer.EpochSummary s) {
        var plain = new LinkedHashMap<String, Object>();
        plain.put("epoch", s.epoch());
        plain.put("steps", s.steps());
        plain.put("learning_rate", s.learningRate());
        plain.put("train", s.train());
        plain.put("test", s.test());
        plain.put("seconds", s.seconds());
        return plain;
    }

    @SuppressWarnings("unchecked") private static Trainer.EpochSummary summary(Object plain) {
        var s = (Map<String, Object>) plain;
        return new Trainer.EpochSummary(State.number(s, "epoch").longValue(), State.number(s, "steps").longValue(),
                State.number(s, "learning_rate").doubleValue(),
                means(State.map(s, "train")), means(State.map(s, "test")), State.number(s, "seconds").doubleValue());
    }

    private static Map<String, Double> means(Map<String, Object> state) {
        var means = new LinkedHashMap<String, Double>();
        state.forEach((name, value) -> means.put(name, ((Number) value).doubleValue()));
        return means;
    }
}
