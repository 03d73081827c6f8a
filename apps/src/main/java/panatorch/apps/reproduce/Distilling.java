package panatorch.apps.reproduce;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
import panatorch.train.Callback;
import panatorch.train.Objective;
import panatorch.train.Schedule;
import panatorch.train.Trainer;

/** Baselines, students and what they are measured by, as all experiments of Bulò et al. 2016, section 5, have them. */
record Distilling(Lab lab, Images images, Recipe recipe) {
    static final String NLL = "test NLL", DIVERGENCE = "KL to MC", FLOOR = "MI floor", EXCESS = "train loss − MI";
    private static final double PERTURBED = 0.2, MOMENTUM = 0.9;
    private static final int BATCH = 128, SMALL_BATCH = 50, AT_ONCE = 4;

    /**
     * How long and how fast.
     *
     * @param drops when the baseline's rate falls to a tenth, as parts of its epochs
     * @param distillation epochs, two thirds of them at the baseline's last rate and the rest at a tenth of it
     * @param masks an example in a step of distillation; with one the floor cannot be told from the loss
     * @param samples of Monte-Carlo inference
     * @param reference samples of the mean that all predictions are compared with
     */
    record Recipe(int epochs, double rate, double weightDecay, List<Double> drops, int distillation, int masks, int samples, int reference, boolean mirrored) {
        /** The paper's 30 epochs of one mask an example, and 100 samples. */
        static Recipe published(int epochs, double rate, double weightDecay, boolean mirrored, Double... drops) {
            return new Recipe(epochs, rate, weightDecay, List.of(drops), PaperSchedule.EPOCHS, 1, 100, 1000, mirrored);
        }

        double lastRate() { return rate * Math.pow(0.1, drops.size()); }

        Recipe with(Lab lab) { return new Recipe(lab.epochs(epochs, epochs), rate, weightDecay, drops, lab.epochs(distillation, distillation), masks, samples, reference, mirrored); }
    }

    /** The published settings' batches are not in the paper; a few thousand images need smaller ones for as many steps. */
    int batch() { return lab.full() ? BATCH : SMALL_BATCH; }

    // ---- training

    /** Trains a fresh network on labelled images, dropout on, with SGD and momentum. */
    void baseline(Module network, long seed) {
        try (var o = new SGD(network.parameters(), SGD.options(recipe.rate).momentum(MOMENTUM).weightDecay(recipe.weightDecay).fused(true))) {
            long[] falls = recipe.drops.stream().mapToLong(d -> Math.max(1, Math.round(d * recipe.epochs))).toArray();
            fit(network, o, Objective.of(CrossEntropy::crossEntropy), shuffled(images.train(), seed, List.of()), recipe.epochs, Schedule.eachEpoch(new MultiStepLR(o, falls)));
        }
    }

    /** What a student learns from: {@code TRAIN} and {@code PERTURBED} images of the training set, or those of the test set; labels are read of none. */
    enum Source {
        TRAIN, PERTURBED, TEST;

        String words() { return (this == PERTURBED ? "perturbed train" : name().toLowerCase(Locale.ROOT)) + " images"; }
    }

    /** Trains a student that has its first weights, by the paper's schedule; a loss and a floor an epoch. */
    List<Monitor.Means> distil(Module teacher, Module student, Source source, double rate, long seed) {
        boolean perturbed = source == Source.PERTURBED, grey = images.train().imageShape()[0] == 1;
        Perturbation perturbation = perturbed && !grey ? Perturbation.pixels(PERTURBED) : null;
        try (var o = PaperSchedule.optimizer(student, rate); var distillation = new Distillation(new Teacher(teacher, recipe.masks), perturbation)) {
            var schedule = Schedule.eachEpoch(new MultiStepLR(o, Math.max(1, recipe.distillation * 2L / 3))); // PaperSchedule's, of as many epochs as there are
            fit(student, o, distillation, shuffled(source == Source.TEST ? images.test() : images.train(), seed + 1, perturbed && grey ? List.of(Distilling::blackened) : List.of()), recipe.distillation, schedule, distillation.monitor());
            return List.copyOf(distillation.monitor().history());
        }
    }

    /** A copy of the teacher, distilled on perturbed training images; to be closed. @param curve takes the losses of its epochs */
    Module student(Module teacher, Source source, long seed, List<Monitor.Means> curve) {
        Module student = Module.copyOf(teacher);
        curve.addAll(distil(teacher, student, source, recipe.lastRate(), seed));
        return student;
    }

    private void fit(Module model, SGD optimizer, Objective objective, Batches batches, int epochs, Callback... callbacks) {
        var all = new ArrayList<>(List.of(callbacks));
        all.add(new Callback() {
            @Override public void batchEnd(Trainer t) { lab.check(); }
        });
        try (var trainer = Trainer.of(model, optimizer, objective).device(lab.device()).precision(lab.precision()).memoryFormat(MemoryFormat.CHANNELS_LAST).callbacks(all.toArray(Callback[]::new)).build()) {
            trainer.fit(batches, epochs);
        }
    }

    /**
     * As {@link Perturbation}, and black: digits are not centred where the paper's LeNet comes from, as colour images are, and dots of the mean colour all over
     * the black ground would make images that no test has.
     */
    private static Tensor blackened(Tensor bytes, Generator generator) {
        try (var scope = Scope.open()) {
            return scope.move(bytes.mul(Torch.rand(generator, DType.FLOAT32, bytes.size(0), 1, bytes.size(2), bytes.size(3)).ge(PERTURBED)));
        }
    }

    private Batches shuffled(Dataset set, long seed, List<Transform> varied) {
        var transforms = new ArrayList<>(varied);
        if (recipe.mirrored) transforms.add(new RandomHorizontalFlip(0.5));
        transforms.add(new Normalize(images.train().mean(), images.train().std()));
        return DataLoader.of(set, batch()).shuffle().seed(seed).transform(Compose.of(transforms.toArray(Transform[]::new))).build();
    }

    // ---- measuring

    /** What a teacher says of the test images on average over many masks. Owns its tensors. */
    final class Reference implements AutoCloseable {
        private final Tensor mean, labels;
        private final double floor;

        Reference(Module teacher) {
            try (var scope = Scope.open()) {
                double[] sum = {0};
                mean = all(x -> {
                    var p = MonteCarlo.predict(teacher, x, MonteCarlo.options(recipe.reference).chunk(AT_ONCE));
                    sum[0] += p.mutualInformation().sum().itemDouble();
                    return p.logMean();
                }).escape();
                floor = sum[0] / mean.size(0);
                labels = gathered(b -> b.target().clone()).escape();
            }
        }

        /** The mean over test images of what the teacher's masks disagree on: no deterministic student's divergence from single samples gets below. */
        double floor() { return floor; }

        /** Error, likelihood, and the divergence of the reference's mean from a predictor. */
        Map<String, Double> measures(Predictor predictor) {
            try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
                Tensor log = all(predictor);
                var score = Score.of(same -> same, Batches.of(log, labels, Math.toIntExact(log.size(0))), log.device());
                var m = new LinkedHashMap<String, Double>();
                m.put(Training.TEST_ERROR, 100 * score.error());
                m.put(NLL, score.nll());
                m.put(DIVERGENCE, Aten.klDiv(log, mean, Reduction.SUM.ordinal(), true).itemDouble() / log.size(0));
                return m;
            }
        }

        @Override public void close() {
            mean.close();
            labels.close();
        }
    }

    /** The paper's baseline that costs as many passes as there are samples. */
    Predictor monteCarlo(Module teacher) { return Predictor.monteCarlo(teacher, recipe.samples, AT_ONCE); }

    private Tensor all(Predictor predictor) {
        return gathered(b -> predictor.logProbabilities(b.input().to(lab.device())).to(Device.CPU, DType.FLOAT64));
    }

    /** Of all test images in their order. */
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
