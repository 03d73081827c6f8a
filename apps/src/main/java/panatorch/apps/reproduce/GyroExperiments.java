package panatorch.apps.reproduce;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleFunction;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
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
                    LEE + "; settings of github.com/mlsys-seo/gyro-dropout", (lab, e) -> authors(lab, e, 96, 256)),
            new Experiment("gyro-alexnet", "The authors' AlexNet on CIFAR-10: no dropout, dropout and gyro dropout",
                    LEE + "; settings of github.com/mlsys-seo/gyro-dropout", (lab, e) -> authors(lab, e, 96, 256, 384)),
            new Experiment("gyro-resnet18",
                    "ResNet-18 on CIFAR-10 with one dropout layer before its last: no dropout, dropout and gyro dropout",
                    LEE + "; the optimiser is that of the authors' example of (1024, 8)", GyroExperiments::resNet18),
            new Experiment("gyro-bert", "A small BERT from random weights on SST-2: no dropout, dropout and gyro dropout", LEE,
                    GyroExperiments::bert));

    // ---- experiments

    /**
     * Runs the authors' network.
     *
     * @param channels channels of the convolutions, of which the quick scale has an eighth
     */
    private static Report authors(Lab lab, Experiment e, int... channels) {
        int quick = lab.full() ? 1 : 8;
        for (int i = 0; i < channels.length; i++) channels[i] /= quick;
        long hidden = lab.full() ? 1024 : 256;
        try (Images images = Images.cifar10(lab, lab.trainImages(2048), lab.testImages(1000)).standardized()) {
            int epochs = lab.epochs(30, 100);
            Batches batches = images.training(batchSize(lab, images), 0, false, true);
            long steps = (long) epochs * batches.count();
            var training = new Training(lab, images, epochs,
                    m -> new RMSprop(m.parameters(), RMSprop.options(lab.full() ? 0.007 : 0.014).alpha(0.9).eps(1).momentum(0.9)),
                    (o, n) -> Schedule
                            .eachStep(new MultiStepLR(o, 0.1, new long[] {Math.max(1, steps * 4 / 10), Math.max(2, steps * 8 / 10)})));
            int sigma = lab.full() ? 256 : 64, tau = lab.full() ? 16 : 4;
            var published = new Published("gyro, authors' draws", GyroOptions.DEFAULT.scale(GyroOptions.Scale.EMPIRICAL),
                    seed -> GyroSchedule.of(GyroSchedule.Kind.RANDOM_WITH_REPLACEMENT, sigma, tau, steps, false, seed));
            return new Trial(
                    lab, training, batches, p -> Networks.gyroNet(channels, hidden, images.classes(), p), 0.5, false, sigma, tau, published)
                    .report(e, List.of(
                            "The authors' code keeps the best test error of all epochs, and this is the last; its RMSProp adds ε within "
                                    + "the root and begins with ones.",
                            "\"Authors' draws\": with replacement, each layer for itself, scaled by the fraction that is kept.",
                            lab.full() ? "Without the authors' optional augmentation."
                                    : "Not the published settings: " + images.train().size() + " images, " + epochs + " epochs, batches of "
                                            + batchSize(lab, images)
                                            + ", an eighth of the channels, hidden layers of " + hidden
                                            + " for 1024, twice the learning rate, and (" + sigma + ", " + tau
                                            + ") for (256, 16): as many selections, 16, and as many rows for a subnetwork."));
        }
    }

    private static Report resNet18(Lab lab, Experiment e) {
        try (Images images = Images.cifar10(lab, lab.trainImages(1024), lab.testImages(1000))) {
            int epochs = lab.epochs(12, 80);
            Batches batches = images.training(batchSize(lab, images), 0, lab.full(), true);
            long drop = Math.max(1, (long) epochs * batches.count() * (lab.full() ? 1 : 3) / 4);
            var training = new Training(lab, images, epochs,
                    m -> new SGD(m.parameters(), SGD.options(0.01).momentum(0.9).weightDecay(5e-4).fused(true)),
                    (o, n) -> Schedule.eachStep(new MultiStepLR(o, 0.1, new long[] {drop})));
            int sigma = lab.full() ? 1024 : 48, tau = lab.full() ? 8 : 2;
            var published = new Published("gyro, Composer's draws", GyroOptions.DEFAULT,
                    seed -> GyroSchedule.composer(sigma, tau, batches.count(), epochs, seed));
            return new Trial(lab, training, batches,
                    p -> new Networks.Split(Networks.resnet18Trunk(lab.full() ? ResNet.Stem.CIFAR : ResNet.Stem.IMAGENET),
                            new Sequential(new Dropout(p), new Linear(512, images.classes()))),
                    0.5, false, sigma, tau, published).report(e,
                            List.of(
                                    "Where the paper's ResNet-18 drops, and how it is trained, could not be found: here it has one "
                                            + "dropout layer, p = 0.5, before its last layer, and the learning rates of the authors' "
                                            + "example of (1024, 8), which is for a network like LeNet; weight decay is the usual one, "
                                            + "not decoupled.",
                                    lab.full() ? "With shifted and mirrored images." : "Not the published settings: "
                                            + images.train().size() + " images, " + epochs + " epochs, batches of " + batchSize(lab, images)
                                            + ", the stem for ImageNet, which leaves a sixteenth of the pixels, a learning rate that "
                                            + "falls after three quarters of the steps instead of one, and ("
                                            + sigma + ", " + tau + ") for (1024, 8), which needs 1024 steps: 24 selections for 128."));
        }
    }

    private static Report bert(Lab lab, Experiment e) {
        Sentences sentences = Sentences.sst2(lab, lab.trainImages(4096), lab.full() ? 64 : 32, lab.full() ? 872 : 218);
        int epochs = lab.epochs(2, 5), size = Math.min(32, sentences.train().size());
        Batches batches = sentences.training(size);
        long steps = (long) epochs * batches.count();
        Bert.Options options =
                (lab.full() ? Bert.options(4, 256, 4) : Bert.options(2, 64, 2)).vocabulary(sentences.vocabulary()).positions(64);
        var training = new Training(lab, sentences, epochs,
                m -> new AdamW(m.parameters(), AdamW.options(lab.full() ? 2e-4 : 1e-3).weightDecay(0.01)),
                // up for a tenth of the steps, then down
                (o, n) -> Schedule
                        .eachStep(new LambdaLR(o, step -> Math.min(1, Math.min((step + 1) / (0.1 * n), (n - step) / (0.9 * n))))));
        int sigma = lab.full() ? 1024 : 128, tau = lab.full() ? 8 : 2;
        var published = new Published("gyro, published draws", GyroOptions.DEFAULT,
                seed -> GyroSchedule.of(GyroSchedule.Kind.RANDOM_WITH_REPLACEMENT, sigma, tau, steps, false, seed));
        return new Trial(lab, training, batches, p -> new Bert(options.dropout(p, p), 2), 0.1, true, sigma, tau, published).report(e,
                List.of(
                        "The paper's BERT is pre-trained, with settings that could not be found. This one begins with random weights and "
                                + "has words for word pieces, so errors are far from BERT's; masks are of features, shared by a "
                                + "sentence's tokens.",
                        "Dropout of attention weights is conventional in all but \"no dropout\". \"Published draws\": with replacement, "
                                + "each layer for itself; Composer's own layer refuses batches of tokens.",
                        "Subnetworks are measured on the first " + sentences.testBatch() + " test sentences.",
                        lab.full() ? options.layers() + " layers of " + options.hidden() + " features."
                                : "Not the published settings: " + sentences.train().size() + " phrases, " + epochs + " epochs, batches of "
                                        + size + ", " + options.layers() + " layers of "
                                        + options.hidden() + " features, and (" + sigma + ", " + tau
                                        + ") for (1024, 8), which needs 1024 steps: 64 selections for 128."));
    }

    // ---- parts of them

    private static int batchSize(Lab lab, Images images) { return Math.min(lab.full() ? 256 : 64, images.train().size()); }

    /** The schedule of a published code. */
    private record Published(String name, GyroOptions options, LongFunction<GyroSchedule> schedule) {}

    /**
     * One comparison.
     *
     * @param lab the scale
     * @param training how networks are trained
     * @param batches training batches
     * @param network creates the network, given the drop probability
     * @param p drop probability
     * @param everywhere whether the trunk has dropout too
     * @param subnetworks number of subnetworks, σ
     * @param concurrent subnetworks that are trained at a time, τ
     * @param published the published code to compare with
     */
    private record Trial(Lab lab, Training training, Batches batches, DoubleFunction<Classifier> network, double p, boolean everywhere,
            int subnetworks, int concurrent, Published published) {
        Report report(Experiment e, List<String> notes) {
            long steps = (long) training.epochs() * batches.count();
            var sweep = new Sweep(lab);
            sweep.variant("no dropout", seed -> run(seed, 0, null, GyroOptions.DEFAULT));
            sweep.variant("dropout", seed -> run(seed, p, null, GyroOptions.DEFAULT));
            sweep.variant("gyro", seed -> run(seed, p, GyroSchedule.of(subnetworks, concurrent, steps, seed), GyroOptions.DEFAULT));
            boolean enough = steps >= subnetworks;
            if (enough) sweep.variant(published.name, seed -> run(seed, p, published.schedule.apply(seed), published.options));
            Table table = sweep.run();
            table.relative(Training.STEP_TIME, "dropout", "step ÷ dropout");
            var settings = new LinkedHashMap<String, Object>(training.examples().settings());
            settings.putAll(
                    Map.of("epochs", training.epochs(), "steps", steps, "subnetworks", subnetworks, "concurrent", concurrent, "p", p));
            var all = new ArrayList<>(notes);
            all.add("\"Trained\" and \"random\": accuracy of one subnetwork, the mean, accuracy of the ensemble of all, and how often two "
                    + "disagree, of those that were trained and of "
                    + subnetworks
                    + " random ones, on test examples; \"full\" is the whole network on the same examples.");
            if (!enough)
                all.add("Without \"" + published.name + "\": " + steps + " steps are too few for " + subnetworks + " subnetworks.");
            return lab.report(e, settings, table, sweep.curves(), Training.CURVE, all);
        }

        /**
         * Trains and measures one network.
         *
         * @param given the gyro schedule, which is closed here; null for conventional dropout
         */
        private Sweep.Result run(long seed, double drop, @Nullable GyroSchedule given, GyroOptions options) {
            try (GyroSchedule schedule = given) {
                var watched = new ArrayList<Subnetworks>();
                return training.run(seed, s -> network.apply(drop), batches, m -> {
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
