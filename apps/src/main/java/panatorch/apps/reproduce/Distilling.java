package panatorch.apps.reproduce;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.Generator;
import panatorch.MemoryFormat;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.data.Batches;
import panatorch.datasets.DataLoader;
import panatorch.datasets.Dataset;
import panatorch.datasets.transforms.Compose;
import panatorch.datasets.transforms.Normalize;
import panatorch.datasets.transforms.RandomHorizontalFlip;
import panatorch.datasets.transforms.Transform;
import panatorch.nn.Module;
import panatorch.nn.dropout.distillation.Distillation;
import panatorch.nn.dropout.distillation.Monitor;
import panatorch.nn.dropout.distillation.PaperSchedule;
import panatorch.nn.dropout.distillation.Perturbation;
import panatorch.nn.dropout.distillation.Predictor;
import panatorch.nn.dropout.distillation.Score;
import panatorch.nn.dropout.distillation.Teacher;
import panatorch.nn.dropout.montecarlo.MonteCarlo;
import panatorch.nn.functional.CrossEntropy;
import panatorch.nn.functional.Reduction;
import panatorch.optim.MultiStepLR;
import panatorch.optim.SGD;
import panatorch.serialize.Safetensors;
import panatorch.train.Callback;
import panatorch.train.Objective;
import panatorch.train.Schedule;
import panatorch.train.Trainer;

/** Trains and measures the baselines and students of all experiments of Bulò et al. 2016, section 5. */
record Distilling(Lab lab, Images images, Recipe recipe) {
    static final String NLL = "test NLL", DIVERGENCE = "KL to MC", FLOOR = "MI floor", EXCESS = "train loss − MI",
            CURVE = "loss of distillation";
    private static final double PERTURBED = 0.2, MOMENTUM = 0.9;
    /** What a seed is for, so that no two parts of a trial draw the same numbers. */
    private static final long STUDENT = 1_000_000, REFERENCE = 2_000_000, MONTE_CARLO = 3_000_000;
    private static final int BATCH = 128, MEDIUM_BATCH = 100, SMALL_BATCH = 50, AT_ONCE = 4;

    /**
     * The settings of training and distillation.
     *
     * @param epochs epochs of the baseline
     * @param rate learning rate of the baseline
     * @param weightDecay weight decay of the baseline
     * @param drops when the baseline's rate falls to a tenth, as parts of its epochs
     * @param distillation epochs of distillation: two thirds at the baseline's last rate, and the rest at a tenth of it
     * @param masks dropout masks of an example in a step; with one the lower bound of the loss is unknown
     * @param samples samples of Monte-Carlo prediction
     * @param reference samples of the mean prediction with which all others are compared
     * @param mirrored whether images may be mirrored
     */
    record Recipe(int epochs, double rate, double weightDecay, List<Double> drops, int distillation, int masks, int samples, int reference,
            boolean mirrored) {
        /** Returns the paper's settings: 30 epochs of distillation, one mask per example, and 100 samples. */
        static Recipe published(int epochs, double rate, double weightDecay, boolean mirrored, Double... drops) {
            return new Recipe(epochs, rate, weightDecay, List.of(drops), PaperSchedule.EPOCHS, 1, 100, 1000, mirrored);
        }

        double lastRate() { return rate * Math.pow(0.1, drops.size()); }

        Recipe with(Lab lab) {
            return new Recipe(lab.epochs(epochs, epochs, epochs), rate, weightDecay, drops,
                    lab.epochs(distillation, distillation, distillation), masks, samples,
                    reference, mirrored);
        }
    }

    /** Returns the batch size. The paper does not state its own; a few thousand images need smaller batches for as many steps. */
    int batch() {
        return lab.scale().of(SMALL_BATCH, MEDIUM_BATCH, BATCH);
    }

    // ---- training

    /**
     * Trains a new network with dropout on labelled images, with SGD and momentum.
     *
     * @param checkpoint file by which the training goes on after it was stopped
     */
    void baseline(Module network, long seed, Work work, Path checkpoint) {
        try (var o =
                new SGD(network.parameters(), SGD.options(recipe.rate).momentum(MOMENTUM).weightDecay(recipe.weightDecay).fused(true))) {
            long[] falls = recipe.drops.stream().mapToLong(d -> Math.max(1, Math.round(d * recipe.epochs))).toArray();
            fit(network, o, Objective.of(CrossEntropy::crossEntropy), shuffled(images.train(), seed, List.of()), recipe.epochs, work,
                    checkpoint, Schedule.eachEpoch(new MultiStepLR(o, falls)));
        }
    }

    /** The images from which a student learns. Their labels are not used. */
    enum Source {
        TRAIN, PERTURBED, TEST;

        String words() { return (this == PERTURBED ? "perturbed train" : name().toLowerCase(Locale.ROOT)) + " images"; }
    }

    /**
     * Trains a student from its initial weights by the paper's schedule.
     *
     * @return loss and lower bound of each epoch
     */
    List<Monitor.Means> distil(Module teacher, Module student, Source source, long seed, Work work) {
        boolean perturbed = source == Source.PERTURBED, grey = images.train().imageShape()[0] == 1;
        Perturbation perturbation = perturbed && !grey ? Perturbation.pixels(PERTURBED) : null;
        Torch.manualSeed(STUDENT + seed);
        try (var o = PaperSchedule.optimizer(student, recipe.lastRate());
                var distillation = new Distillation(new Teacher(teacher, recipe.masks), perturbation)) {
            // PaperSchedule's, of as many epochs as there are
            var schedule = Schedule.eachEpoch(new MultiStepLR(o, Math.max(1, recipe.distillation * 2L / 3)));
            fit(student, o, distillation,
                    shuffled(source == Source.TEST ? images.test() : images.train(), seed + 1,
                            perturbed && grey ? List.of(Distilling::blackened) : List.of()),
                    recipe.distillation, work, work.own(".ckpt"), schedule, distillation.monitor());
            return List.copyOf(distillation.monitor().history());
        }
    }

    private void fit(Module model, SGD optimizer, Objective objective, Batches batches, int epochs, Work work, Path checkpoint,
            Callback... callbacks) {
        var all = new ArrayList<>(List.of(callbacks));
        all.add(new Callback() {
            @Override public void batchEnd(Trainer t) { lab.check(); }

            @Override public String name() { return "interruption"; }
        });
        all.add(work.checkpointing(checkpoint, epochs));
        try (var trainer = Trainer.of(model, optimizer, objective).device(lab.device()).precision(lab.precision())
                .memoryFormat(MemoryFormat.CHANNELS_LAST).callbacks(all.toArray(Callback[]::new)).build()) {
            work.train(trainer, checkpoint, epochs, () -> trainer.fit(batches, epochs));
        }
    }

    /**
     * Blanks pixels as {@link Perturbation} does, but with black. Digits are not centred in the original of the paper's LeNet, unlike
     * colour images, and dots of the mean colour on the black ground would make images that no test set has.
     */
    private static Tensor blackened(Tensor bytes, Generator generator) {
        try (var scope = Scope.open()) {
            return scope
                    .move(bytes.mul(Torch.rand(generator, DType.FLOAT32, bytes.size(0), 1, bytes.size(2), bytes.size(3)).ge(PERTURBED)));
        }
    }

    private Batches shuffled(Dataset set, long seed, List<Transform> varied) {
        var transforms = new ArrayList<>(varied);
        if (recipe.mirrored) transforms.add(new RandomHorizontalFlip(0.5));
        transforms.add(new Normalize(images.train().mean(), images.train().std()));
        return DataLoader.of(set, batch()).shuffle().seed(seed).transform(Compose.of(transforms.toArray(Transform[]::new))).build();
    }

    // ---- measuring

    /** A teacher's mean prediction for the test images over many masks. Owns its tensors. */
    final class Reference implements AutoCloseable {
        private static final String MEAN = "mean", FLOOR_KEY = "floor";

        private final Tensor mean, labels;
        private final double floor;

        /**
         * Computes the prediction, or reads it from a file.
         *
         * @param file where the prediction is kept
         */
        Reference(Module teacher, long seed, Path file) throws IOException {
            try (var scope = Scope.open()) {
                if (!Files.exists(file)) Safetensors.save(file, predicted(teacher, seed), Map.of());
                Map<String, Tensor> kept = Safetensors.load(file);
                mean = Objects.requireNonNull(kept.get(MEAN), MEAN).clone().escape();
                floor = Objects.requireNonNull(kept.get(FLOOR_KEY), FLOOR_KEY).itemDouble();
                labels = gathered(b -> Objects.requireNonNull(b.target(), "test images have labels").clone()).escape();
            }
        }

        private Map<String, Tensor> predicted(Module teacher, long seed) {
            double[] sum = {0};
            Torch.manualSeed(REFERENCE + seed);
            Tensor log = all(x -> {
                var p = MonteCarlo.predict(teacher, x, MonteCarlo.options(recipe.reference).chunk(AT_ONCE));
                sum[0] += p.mutualInformation().sum().itemDouble();
                return p.logMean();
            });
            return Map.of(MEAN, log, FLOOR_KEY, Torch.tensor(sum[0] / log.size(0)));
        }

        /**
         * Returns the mean mutual information of the teacher's masks: no deterministic student's divergence from single samples is lower.
         */
        double floor() { return floor; }

        /** Returns test error, likelihood, and the divergence from the reference's mean. */
        Map<String, Double> measures(Predictor predictor) {
            try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
                Tensor log = all(predictor);
                var score = Score.of(same -> same, Batches.of(log, labels, Math.toIntExact(log.size(0))), log.device());
                var m = new LinkedHashMap<String, Double>();
                m.put(Measures.TEST_ERROR, 100 * score.error());
                m.put(NLL, score.nll());
                m.put(DIVERGENCE, Aten.klDiv(log, mean, Reduction.SUM.ordinal(), true).itemDouble() / log.size(0));
                return m;
            }
        }

        /**
         * Returns a student's measures, with the lower bound of its loss and, if there were masks enough to know it, the last epoch's
         * excess over that.
         *
         * @param epochs loss and lower bound of its epochs
         */
        Trial.Result ofStudent(Map<String, Double> measures, List<Monitor.Means> epochs) {
            measures.put(FLOOR, floor);
            double excess = epochs.getLast().excess();
            if (!Double.isNaN(excess)) measures.put(EXCESS, excess);
            return new Trial.Result(measures, Map.of(CURVE, epochs.stream().mapToDouble(Monitor.Means::loss).toArray()));
        }

        @Override public void close() {
            mean.close();
            labels.close();
        }
    }

    /** Returns the Monte-Carlo predictor, which needs as many passes as samples. */
    Predictor monteCarlo(Module teacher, long seed) {
        Torch.manualSeed(MONTE_CARLO + seed);
        return Predictor.monteCarlo(teacher, recipe.samples, AT_ONCE);
    }

    private Tensor all(Predictor predictor) {
        return gathered(b -> predictor.logProbabilities(b.input().to(lab.device())).to(Device.CPU, DType.FLOAT64));
    }

    /** Concatenates the rows of all test images, in their order. */
    private Tensor gathered(Function<Batches.Pair, Tensor> rows) {
        var parts = new ArrayList<Tensor>();
        try (var scope = Scope.open(); var noGrad = NoGrad.enter(); var epoch = images.testing().epoch(1, 0)) {
            while (epoch.hasNext()) {
                lab.check();
                try (var batch = epoch.next(); var each = Scope.open()) {
                    parts.add(each.move(rows.apply(batch)));
                }
            }
            return scope.move(Aten.cat(parts));
        }
    }
}
