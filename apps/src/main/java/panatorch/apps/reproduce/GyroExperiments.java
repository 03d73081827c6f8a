package panatorch.apps.reproduce;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleFunction;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import panatorch.apps.console.Counted;
import panatorch.data.Batches;
import panatorch.models.Bert;
import panatorch.models.Classifier;
import panatorch.models.ResNet;
import panatorch.nn.Dropout;
import panatorch.nn.Linear;
import panatorch.nn.Sequential;
import panatorch.nn.dropout.gyro.GyroDropout;
import panatorch.nn.dropout.gyro.GyroOptions;
import panatorch.nn.dropout.gyro.GyroSchedule;
import panatorch.optim.AdamW;
import panatorch.optim.LambdaLR;
import panatorch.optim.MultiStepLR;
import panatorch.optim.RMSprop;
import panatorch.optim.SGD;
import panatorch.train.Callback;
import panatorch.train.Schedule;
import panatorch.train.Trainer;

/** Compares gyro dropout with conventional dropout and with none, with this library's schedule and with that of the published codes. */
final class GyroExperiments {
    private GyroExperiments() {}

    private static final String LEE =
            "Lee et al., Gyro Dropout: Maximizing Ensemble Effect in Neural Network Training, MLSys 2022, whose tables could not be found; "
                    + "its abstract has up to 1.93 points more accuracy than conventional dropout over seven networks";
    private static final String MASKED_LOSS = "train loss, masks on";

    static final List<Experiment> ALL = List.of(
            new Experiment("gyro-lenet", "The authors' LeNet on CIFAR-10: no dropout, dropout and gyro dropout",
                    LEE + "; settings of github.com/mlsys-seo/gyro-dropout", lab -> authors(lab, 96, 256)),
            new Experiment("gyro-alexnet", "The authors' AlexNet on CIFAR-10: no dropout, dropout and gyro dropout",
                    LEE + "; settings of github.com/mlsys-seo/gyro-dropout", lab -> authors(lab, 96, 256, 384)),
            new Experiment("gyro-resnet18",
                    "ResNet-18 on CIFAR-10 with one dropout layer before its last: no dropout, dropout and gyro dropout",
                    LEE + "; the optimiser is that of the authors' example of (1024, 8)", GyroExperiments::resNet18),
            new Experiment("gyro-bert", "A small BERT from random weights on SST-2: no dropout, dropout and gyro dropout", LEE,
                    GyroExperiments::bert));

    // ---- experiments

    /**
     * Sets up the authors' network.
     *
     * @param channels channels of the convolutions, of which the quick scale has an eighth and the medium one a quarter
     */
    private static Study authors(Lab lab, int... channels) {
        int part = lab.scale().of(8, 4, 1);
        int[] widths = Arrays.stream(channels).map(c -> c / part).toArray();
        long hidden = lab.scale().of(256, 512, 1024);
        Images images = Images.cifar10(lab, lab.trainImages(2048, 8192), lab.testImages(1000, 5000)).standardized();
        int epochs = lab.epochs(30, 30, 100), size = batchSize(lab, images);
        LongFunction<Batches> batches = seed -> images.training(size, seed, false, true);
        long steps = (long) epochs * batches.apply(0).count();
        var training = new Training(lab, images, batches, epochs,
                m -> new RMSprop(m.parameters(), RMSprop.options(lab.full() ? 0.007 : 0.014).alpha(0.9).eps(1).momentum(0.9)),
                (o, n) -> Schedule.eachStep(new MultiStepLR(o, 0.1, new long[] {Math.max(1, steps * 4 / 10), Math.max(2, steps * 8 / 10)})),
                false);
        int sigma = lab.scale().of(64, 256, 256), tau = lab.scale().of(4, 16, 16);
        var published = new Published("gyro (authors' draws)", GyroOptions.DEFAULT.scale(GyroOptions.Scale.EMPIRICAL),
                seed -> GyroSchedule.of(GyroSchedule.Kind.RANDOM_WITH_REPLACEMENT, sigma, tau, steps, false, seed));
        var study = new Networked(lab, training, p -> Networks.gyroNet(widths, hidden, images.classes(), p), 0.5, false, sigma, tau,
                published).study();
        study.note(
                "The authors' code keeps the best test error of all epochs, and this is the last; its RMSProp adds ε within the root and "
                        + "begins with ones.");
        study.note("\"Authors' draws\": with replacement, each layer for itself, scaled by the fraction that is kept.");
        return study.note(lab.full() ? "Without the authors' optional augmentation."
                : "Not the published settings: " + Counted.of(images.train().size(), "image") + ", " + Counted.of(epochs, "epoch")
                        + ", batches of " + size + ", one of " + part + " channels, hidden layers of " + hidden
                        + " for 1024, and twice the learning rate"
                        + selections(sigma, tau, 256, 16) + ".");
    }

    private static Study resNet18(Lab lab) {
        Images images = Images.cifar10(lab, lab.trainImages(1024, 4096), lab.testImages(1000, 5000));
        int epochs = lab.epochs(12, 20, 80), size = batchSize(lab, images);
        LongFunction<Batches> batches = seed -> images.training(size, seed, lab.full(), true);
        int count = batches.apply(0).count();
        long drop = Math.max(1, (long) epochs * count * (lab.full() ? 1 : 3) / 4);
        var training = new Training(lab, images, batches, epochs,
                m -> new SGD(m.parameters(), SGD.options(0.01).momentum(0.9).weightDecay(5e-4).fused(true)),
                (o, n) -> Schedule.eachStep(new MultiStepLR(o, 0.1, new long[] {drop})), false);
        int sigma = lab.scale().of(48, 256, 1024), tau = lab.scale().of(2, 8, 8);
        var published = new Published("gyro (Composer's draws)", GyroOptions.DEFAULT,
                seed -> GyroSchedule.composer(sigma, tau, count, epochs, seed));
        var study = new Networked(lab, training,
                p -> new Networks.Split(Networks.resnet18Trunk(lab.full() ? ResNet.Stem.CIFAR : ResNet.Stem.IMAGENET),
                        new Sequential(new Dropout(p), new Linear(512, images.classes()))),
                0.5, false, sigma, tau, published).study();
        study.note("Where the paper's ResNet-18 drops, and how it is trained, could not be found: here it has one dropout layer, p = 0.5, "
                + "before its last layer, and the learning rates of the authors' example of (1024, 8), which is for a network like LeNet; "
                + "weight decay is the usual one, not decoupled.");
        return study.note(lab.full() ? "With shifted and mirrored images."
                : "Not the published settings: " + Counted.of(images.train().size(), "image") + ", " + Counted.of(epochs, "epoch")
                        + ", batches of " + size
                        + ", the stem for ImageNet, which leaves a sixteenth of the pixels, and a learning rate that falls after "
                        + "three quarters of the steps instead of one" + selections(sigma, tau, 1024, 8) + ".");
    }

    private static Study bert(Lab lab) {
        Sentences sentences = Sentences.sst2(lab, lab.trainImages(4096, 16384), lab.full() ? 64 : 32, lab.full() ? 872 : 218);
        int epochs = lab.epochs(2, 4, 5), size = Math.min(32, sentences.train().size());
        LongFunction<Batches> batches = seed -> sentences.training(size, seed);
        long steps = (long) epochs * batches.apply(0).count();
        Bert.Options options = lab.scale().of(Bert.options(2, 64, 2), Bert.options(2, 128, 2), Bert.options(4, 256, 4))
                .vocabulary(sentences.vocabulary()).positions(64);
        var training = new Training(lab, sentences, batches, epochs,
                m -> new AdamW(m.parameters(), AdamW.options(lab.scale().of(1e-3, 5e-4, 2e-4)).weightDecay(0.01)),
                // up for a tenth of the steps, then down
                (o, n) -> Schedule
                        .eachStep(new LambdaLR(o, step -> Math.min(1, Math.min((step + 1) / (0.1 * n), (n - step) / (0.9 * n))))),
                false);
        int sigma = lab.scale().of(128, 1024, 1024), tau = lab.scale().of(2, 8, 8);
        var published = new Published("gyro (published draws)", GyroOptions.DEFAULT,
                seed -> GyroSchedule.of(GyroSchedule.Kind.RANDOM_WITH_REPLACEMENT, sigma, tau, steps, false, seed));
        var study = new Networked(lab, training, p -> new Bert(options.dropout(p, p), 2), 0.1, true, sigma, tau, published)
                .study();
        study.note(
                "The paper's BERT is pre-trained, with settings that could not be found. This one begins with random weights and has words "
                        + "for word pieces, so errors are far from BERT's; masks are of features, shared by a sentence's tokens.");
        study.note(
                "Dropout of attention weights is conventional in all but \"no dropout\". \"Published draws\": with replacement, each layer "
                        + "for itself; Composer's own layer refuses batches of tokens.");
        study.note("Subnetworks are measured on the first " + sentences.testBatch() + " test sentences.");
        return study.note(lab.full() ? options.layers() + " layers of " + options.hidden() + " features."
                : "Not the published settings: " + Counted.of(sentences.train().size(), "phrase") + ", " + Counted.of(epochs, "epoch")
                        + ", batches of " + size + ", " + options.layers() + " layers of " + options.hidden() + " features"
                        + selections(sigma, tau, 1024, 8) + ".");
    }

    // ---- parts of them

    private static int batchSize(Lab lab, Images images) { return Math.min(lab.full() ? 256 : 64, images.train().size()); }

    /** Says how many subnetworks stand for the published ones, or nothing where they are as many. */
    private static String selections(int sigma, int tau, int publishedSigma, int publishedTau) {
        if (sigma == publishedSigma && tau == publishedTau) return "";
        return "; (" + sigma + ", " + tau + ") for (" + publishedSigma + ", " + publishedTau + "), " + sigma / tau + " selections for "
                + publishedSigma / publishedTau;
    }

    /** The schedule of a published code. */
    private record Published(String name, GyroOptions options, LongFunction<GyroSchedule> schedule) {}

    /**
     * One comparison.
     *
     * @param lab the scale
     * @param training how networks are trained
     * @param network creates the network, given the drop probability
     * @param p drop probability
     * @param everywhere whether the trunk has dropout too
     * @param subnetworks number of subnetworks, σ
     * @param concurrent subnetworks that are trained at a time, τ
     * @param published the published code to compare with
     */
    private record Networked(Lab lab, Training training, DoubleFunction<Classifier> network, double p, boolean everywhere, int subnetworks,
            int concurrent, Published published) {
        /** Sets up the variants. The study closes the data set. */
        Study study() {
            long steps = training.steps();
            var study = new Study(lab, training.examples());
            study.setting("epochs", training.epochs()).setting("steps", steps).setting("subnetworks", subnetworks)
                    .setting("concurrent", concurrent).setting("p", p);
            study.variant("no dropout", (seed, work) -> run(seed, work, 0, null, GyroOptions.DEFAULT));
            study.variant("dropout", (seed, work) -> run(seed, work, p, null, GyroOptions.DEFAULT));
            study.variant("gyro", (seed, work) -> run(seed, work, p, GyroSchedule.of(subnetworks, concurrent, steps, seed),
                    GyroOptions.DEFAULT));
            if (steps >= subnetworks)
                study.variant(published.name,
                        (seed, work) -> run(seed, work, p, published.schedule.apply(seed), published.options));
            study.compareAllWith("dropout").derive(f -> f.relative(Measures.STEP_TIME, "dropout", "step ÷ dropout"));
            study.note(
                    "\"Trained\" and \"random\": accuracy of one subnetwork, the mean, accuracy of the ensemble of all, and how often two "
                            + "disagree, of those that were trained and of " + subnetworks
                            + " random ones, on test examples; \"full\" is the whole "
                            + "network on the same examples.");
            if (steps < subnetworks)
                study.note("Without \"" + published.name + "\": " + steps + " steps are too few for " + subnetworks + " subnetworks.");
            return study;
        }

        /**
         * Trains and measures one network.
         *
         * @param given the gyro schedule, which is closed here; null for conventional dropout
         */
        private Trial.Result run(long seed, Work work, double drop, @Nullable GyroSchedule given, GyroOptions options) {
            try (GyroSchedule schedule = given) {
                var watched = new ArrayList<Subnetworks>();
                return training.run(seed, work, () -> network.apply(drop), m -> {
                    if (schedule == null) return List.of();
                    var gyro = GyroDropout.replaceIn(m, schedule, options);
                    watched.add(new Subnetworks(gyro));
                    return List.<Callback>of(gyro, watched.getFirst());
                }, t -> measures(t, seed, watched.isEmpty() ? null : watched.getFirst()));
            }
        }

        private Map<String, Double> measures(Trainer trainer, long seed, @Nullable Subnetworks watched) {
            var measures = new LinkedHashMap<String, Double>();
            measures.put(MASKED_LOSS, trainer.history().getLast().train().get("loss"));
            measures.putAll(Subnetworks.measures(lab, (Classifier) trainer.model(), training.examples().testing(), everywhere, p,
                    subnetworks, seed, watched));
            return measures;
        }
    }
}
