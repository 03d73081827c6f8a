package panatorch.apps.reproduce;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import panatorch.Scope;
import panatorch.apps.console.Counted;
import panatorch.data.Batches;
import panatorch.datasets.transforms.ColorJitter;
import panatorch.datasets.transforms.Interpolation;
import panatorch.datasets.transforms.RandomAffine;
import panatorch.datasets.transforms.RandomApply;
import panatorch.datasets.transforms.RandomHorizontalFlip;
import panatorch.datasets.transforms.Transform;
import panatorch.nn.Dropout;
import panatorch.nn.Flatten;
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.nn.Sequential;
import panatorch.nn.dropout.multisample.Diversity;
import panatorch.nn.dropout.multisample.MultiSampleDropout;
import panatorch.nn.dropout.multisample.MultiSampleTraining;
import panatorch.optim.Adam;
import panatorch.optim.AdamW;
import panatorch.optim.MultiStepLR;
import panatorch.optim.OneCycleLR;
import panatorch.optim.SGD;
import panatorch.train.Callback;
import panatorch.train.Objective;
import panatorch.train.Schedule;
import panatorch.train.TrainingMethod;

/** Compares multi-sample dropout with its paper and two reproductions. */
final class MultiSampleExperiments {
    private MultiSampleExperiments() {}

    private static final String INOUE =
            "Inoue 2019, Multi-Sample Dropout for Accelerated Training and Better Generalization, arXiv:1905.09788";
    private static final double FIRST = 0.4, SECOND = 0.3;
    private static final String ONE = "M=1", RELATIVE = "step ÷ M=1",
            UNIFORM_SCALES = "The scales of batch normalisation begin between 0 and 1, as in PyTorch before 1.2, with which the published "
                    + "figures were made.";

    static final List<Experiment> ALL = List.of(
            new Experiment("msd-samples", "How training loss, test error and the time of a step depend on the number M of dropout samples",
                    INOUE + ", figures 3 and 4, whose numbers could not be found", MultiSampleExperiments::samples),
            new Experiment("msd-rates", "Multi-sample against plain dropout at several drop probabilities",
                    INOUE + ", figure 5, whose numbers could not be found", MultiSampleExperiments::rates),
            new Experiment("msd-flip", "Whether mirrored maps make samples more useful",
                    INOUE + ", figure 6, whose numbers could not be found", MultiSampleExperiments::flip),
            new Experiment("msd-duplication", "Eight dropout samples against repeating each minibatch eight times",
                    INOUE + ", figure 7, whose numbers could not be found", MultiSampleExperiments::duplication),
            new Experiment("msd-cifar10-miniresnet", "No dropout, dropout and eight samples on MiniResNet, Adam, 20 epochs",
                    "github.com/lonePatient/multi-sample_dropout_pytorch; test errors read off its plot (0.777, 0.835 and 0.843 accuracy)",
                    MultiSampleExperiments::miniResNet),
            new Experiment("msd-cifar100-resnet56-onecycle",
                    "One, two and eight samples on ResNet-56 and CIFAR-100, five epochs of one cycle",
                    "github.com/KushajveerSingh/deep_learning, notebook of multi-sample dropout; its losses are measured with dropout "
                            + "left on",
                    MultiSampleExperiments::resNet56),
            new Experiment("msd-vgg16",
                    "Test error and relative time of a step of VGG-16 with two dropout layers, by the number of samples",
                    INOUE + ", table 2, whose numbers could not be found; with 16 samples it was out of memory", true,
                    MultiSampleExperiments::vgg));

    // ---- experiments

    private static Study samples(Lab lab) {
        Images images = Images.cifar10(lab, lab.trainImages(2000, 5000), lab.testImages(1000, 5000));
        Training training = sgd(lab, images, 100, lab.full(), lab.epochs(6, 20, 100));
        var study = study(lab, images, training);
        study.variant("no dropout", (seed, work) -> training.run(seed, work, () -> net(lab, images, 0, 0), m -> List.of()));
        for (int m : new int[] {1, 2, 4, 8, 16, 32, 64})
            study.variant("M=" + m, (seed, work) -> training.run(seed, work, () -> net(lab, images, FIRST, SECOND), n -> List.of(own(m))));
        study.compareAllWith(ONE);
        return study.derive(f -> f.relative(Measures.STEP_TIME, ONE, RELATIVE)).derive(MultiSampleExperiments::epochsToOne);
    }

    /** Adds the number of epochs after which a variant's training loss is the last one of plain dropout, seed by seed. */
    private static void epochsToOne(Findings f) {
        var goals = f.curves(ONE, Measures.TRAIN_LOSS);
        for (String variant : List.copyOf(f.variants()))
            f.curves(variant, Measures.TRAIN_LOSS).forEach((seed, curve) -> {
                if (goals.get(seed) instanceof double[] goal)
                    f.add(variant, "epochs to M=1's last train loss", seed, epochsTo(curve, goal[goal.length - 1]));
            });
    }

    private static Study rates(Lab lab) {
        Images images = Images.cifar10(lab, lab.trainImages(2000, 5000), lab.testImages(1000, 5000));
        Training training = sgd(lab, images, 100, lab.full(), lab.epochs(5, 15, 100));
        var study = study(lab, images, training);
        for (double p : new double[] {.1, .3, .5, .7, .9}) {
            for (int m : new int[] {1, 8})
                study.variant("p=" + p + " M=" + m,
                        (seed, work) -> training.run(seed, work, () -> net(lab, images, p, p), n -> List.of(own(m))));
            study.compare("p=" + p + " M=8", "p=" + p + " M=1");
        }
        return study;
    }

    private static Study flip(Lab lab) {
        Images images = Images.cifar10(lab, lab.trainImages(2000, 5000), lab.testImages(1000, 5000));
        Training training = sgd(lab, images, 100, lab.full(), lab.epochs(6, 20, 100));
        Supplier<Module> net = () -> new Networks.Split(Networks.smallTrunk(),
                new Sequential(new Flatten(), Networks.twoDropouts(1024, 128, images.classes(), FIRST, SECOND)));
        var study = study(lab, images, training);
        study.variant(ONE, (seed, work) -> training.run(seed, work, net, n -> List.of(own(1))));
        study.variant("M=8 not mirrored", (seed, work) -> training.run(seed, work, net, n -> List.of(own(8))));
        study.variant("M=8 mirrored", (seed, work) -> training.run(seed, work, net,
                n -> List.of(MultiSampleTraining.of(MultiSampleDropout.options(8).diversity(Diversity.NONE.withFlip())))));
        return study.compareAllWith(ONE).compare("M=8 mirrored", "M=8 not mirrored");
    }

    private static Study duplication(Lab lab) {
        Images images = Images.cifar10(lab, lab.trainImages(2000, 5000), lab.testImages(1000, 5000));
        Training training = sgd(lab, images, 100, lab.full(), lab.epochs(5, 12, 100));
        var study = study(lab, images, training);
        study.variant("dropout", (seed, work) -> training.run(seed, work, () -> net(lab, images, FIRST, SECOND), n -> List.of(own(1))));
        study.variant("M=8", (seed, work) -> training.run(seed, work, () -> net(lab, images, FIRST, SECOND), n -> List.of(own(8))));
        study.variant("minibatch repeated 8 times",
                (seed, work) -> training.run(seed, work, () -> net(lab, images, FIRST, SECOND), n -> List.of(new Repeated(8))));
        return study.compareAllWith("dropout").compare("minibatch repeated 8 times", "M=8")
                .derive(f -> f.relative(Measures.STEP_TIME, "dropout", "step ÷ dropout"));
    }

    private static Study miniResNet(Lab lab) {
        Images images = Images.cifar10(lab, lab.trainImages(1500, 10000), lab.testImages(1000, 5000));
        int epochs = lab.epochs(3, 8, 20);
        LongFunction<Batches> batches = seed -> images.training(batchSize(images), seed, false, true);
        long drop = Math.max(1, epochs / 2L) * batches.apply(0).count();
        var training = new Training(lab, images, batches, epochs, m -> new Adam(m.parameters(), Adam.options(0.01)),
                (o, steps) -> Schedule.eachStep(new MultiStepLR(o, 0.1, new long[] {drop})), false);
        var study = study(lab, images, training, "");
        study.variant("no dropout", published(22.3), (seed, work) -> training.run(seed, work, () -> mini(images, 0), n -> List.of()));
        study.variant(ONE, published(16.5), (seed, work) -> training.run(seed, work, () -> mini(images, 0.5), n -> List.of(own(1))));
        study.variant("M=8", published(15.7), (seed, work) -> training.run(seed, work, () -> mini(images, 0.5), n -> List.of(own(8))));
        return study.compareAllWith(ONE).note(UNIFORM_SCALES);
    }

    /**
     * Repeats the notebook of June 2019: AdamW as fastai 1.0 has it, β₂ = 0.99 and a β₁ that falls from 0.95 to 0.85 while the rate rises,
     * its augmentation but for the perspective, whole batches, and the first scales of batch normalisation that PyTorch had then. Beginning
     * with ones, one sample does not learn.
     */
    private static Study resNet56(Lab lab) {
        Images images = Images.cifar100(lab, lab.trainImages(4000, 20000), lab.testImages(1000, 5000));
        int epochs = lab.epochs(5, 5, 5), depth = lab.full() ? 56 : 20;
        double rate = lab.scale().of(0.01, 0.02, 0.1);
        List<Transform> augmentation = List.of(new RandomHorizontalFlip(0.5),
                new RandomApply(0.75, RandomAffine.rotation(10).scale(1, 1.1).interpolation(Interpolation.BILINEAR)),
                new RandomApply(0.75, ColorJitter.of(0.2, 0.2, 0, 0)));
        var training = new Training(lab, images, seed -> images.training(batchSize(images), seed, true, augmentation), epochs,
                m -> new AdamW(m.parameters(), AdamW.options(rate).betas(0.95, 0.99).weightDecay(1e-4)),
                (o, steps) -> Schedule.eachStep(new OneCycleLR(o, OneCycleLR.options(rate, steps))), true);
        var study = study(lab, images, training).setting("depth", depth);
        var valid = new TreeMap<>(Map.of(1, 3.389870, 2, 3.136431, 8, 2.789385));
        valid.forEach((m, loss) -> study.variant("M=" + m, Map.of(Training.SAMPLED_LOSS, loss), (seed, work) -> training.run(seed, work,
                () -> Networks.uniformScales(
                        new Networks.Split(Networks.resnetTrunk(depth), Networks.normalizedHead(images.classes(), 0.5))),
                n -> List.of(own(m)))));
        return study.compareAllWith(ONE).derive(f -> f.relative(Measures.STEP_TIME, ONE, RELATIVE)).note(UNIFORM_SCALES);
    }

    private static Study vgg(Lab lab) {
        Images images = Images.chosen(lab, lab.trainImages(640, 5000), lab.testImages(1000, 5000));
        Training training = sgd(lab, images, 64, true, lab.epochs(2, 10, 100));
        int depth = lab.full() ? 16 : 11;
        var study = study(lab, images, training).setting("depth", depth);
        for (int m : new int[] {1, 2, 4, 8, 16}) {
            study.variant("M=" + m, (seed, work) -> training.run(seed, work,
                    () -> new Networks.Split(Networks.vggTrunk(depth, images.classes()),
                            Networks.twoDropouts(512, 512, images.classes(), FIRST, SECOND)),
                    n -> List.of(own(m))));
        }
        return study.compareAllWith(ONE).derive(f -> f.relative(Measures.STEP_TIME, ONE, RELATIVE));
    }

    // ---- parts of them

    /** Returns training by SGD with Nesterov momentum and a one-cycle schedule. */
    private static Training sgd(Lab lab, Images images, int batchSize, boolean augmented, int epochs) {
        return new Training(lab, images, seed -> images.training(batchSize, seed, augmented, false), epochs,
                m -> new SGD(m.parameters(), SGD.options(0.05).momentum(0.9).nesterov(true).weightDecay(5e-4).fused(true)),
                (o, steps) -> Schedule.eachStep(new OneCycleLR(o, OneCycleLR.options(0.05, steps).cycleMomentum(false))), false);
    }

    /** Creates the small network, or VGG-16 for the published settings, with two dropout layers in the head. */
    private static Module net(Lab lab, Images images, double first, double second) {
        return lab.full()
                ? new Networks.Split(Networks.vggTrunk(16, images.classes()),
                        Networks.twoDropouts(512, 512, images.classes(), first, second))
                : new Networks.Split(Networks.smallFlatTrunk(), Networks.twoDropouts(1024, 128, images.classes(), first, second));
    }

    private static int batchSize(Images images) { return Math.min(128, images.train().size()); }

    private static Module mini(Images images, double p) {
        var linear = new Linear(128, images.classes());
        return Networks.uniformScales(
                new Networks.Split(Networks.miniResNetTrunk(), p == 0 ? linear : new Sequential(new Dropout(p), linear)));
    }

    /** Returns training with M samples of the head's own dropout layers. */
    private static Callback own(int samples) {
        return MultiSampleTraining.of(MultiSampleDropout.options(samples));
    }

    private static Map<String, Double> published(double error) { return Map.of(Measures.TEST_ERROR, error); }

    /** Returns the number of epochs until a falling curve reaches {@code goal}, linearly interpolated; NaN if it never does. */
    static double epochsTo(double[] curve, double goal) {
        for (int i = 0; i < curve.length; i++) {
            if (curve[i] > goal) continue;
            return i == 0 ? 1 : i + (curve[i - 1] - goal) / (curve[i - 1] - curve[i]);
        }
        return Double.NaN;
    }

    /** Repeats each minibatch within one larger batch. */
    private record Repeated(int times) implements TrainingMethod {
        @Override public Objective around(Objective objective) {
            return (model, input, target) -> {
                try (var scope = Scope.open()) {
                    Objective.Result r = objective.apply(model, input.repeat(times, 1, 1, 1), target == null ? null : target.repeat(times));
                    return new Objective.Result(scope.move(r.loss()), scope.move(r.output().narrow(0, 0, input.size(0))));
                }
            };
        }
    }

    private static Study study(Lab lab, Images images, Training training) { return study(lab, images, training, "a smaller network, "); }

    /**
     * Returns a study without variants.
     *
     * @param network how the network of a smaller scale differs, with a comma behind; empty if it does not
     */
    private static Study study(Lab lab, Images images, Training training, String network) {
        var study = new Study(lab, images).setting("epochs", training.epochs()).setting("steps", training.steps());
        if (!lab.full())
            study.note("Not the published settings: " + network + Counted.of(images.train().size(), "image") + " of " + images.name() + ", "
                    + Counted.of(training.epochs(), "epoch")
                    + ". --scale full has them; published figures stand beside for orientation only.");
        return study;
    }
}
