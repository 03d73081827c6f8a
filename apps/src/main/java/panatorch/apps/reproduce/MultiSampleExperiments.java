package panatorch.apps.reproduce;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Supplier;
import panatorch.Scope;
import panatorch.data.Batches;
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
    private static final String RELATIVE = "step ÷ M=1";

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

    private static Report samples(Lab lab, Experiment e) {
        try (Images images = Images.cifar10(lab, lab.trainImages(2000), lab.testImages(1000))) {
            Training training = sgd(lab, images, lab.epochs(6, 100));
            Batches batches = images.training(100, 0, lab.full(), false);
            var sweep =
                    new Sweep(lab).variant("no dropout", seed -> training.run(seed, s -> net(lab, images, 0, 0), batches, m -> List.of()));
            for (int m : new int[] {1, 2, 4, 8, 16, 32, 64})
                sweep.variant("M=" + m, seed -> training.run(seed, s -> net(lab, images, FIRST, SECOND), batches, n -> List.of(own(m))));
            Table table = sweep.run();
            table.relative(Training.STEP_TIME, "M=1", RELATIVE);
            double goal = last(Objects.requireNonNull(sweep.curves().get("M=1"), "M=1"));
            sweep.curves().forEach((variant, curve) -> table.add(variant, "epochs to M=1's last train loss", epochsTo(curve, goal)));
            return report(lab, e, images, training, table, sweep);
        }
    }

    private static Report rates(Lab lab, Experiment e) {
        try (Images images = Images.cifar10(lab, lab.trainImages(2000), lab.testImages(1000))) {
            Training training = sgd(lab, images, lab.epochs(5, 100));
            Batches batches = images.training(100, 0, lab.full(), false);
            var sweep = new Sweep(lab);
            for (double p : new double[] {.1, .3, .5, .7, .9}) {
                for (int m : new int[] {1, 8})
                    sweep.variant("p=" + p + ", M=" + m,
                            seed -> training.run(seed, s -> net(lab, images, p, p), batches, n -> List.of(own(m))));
            }
            return report(lab, e, images, training, sweep.run(), sweep);
        }
    }

    private static Report flip(Lab lab, Experiment e) {
        try (Images images = Images.cifar10(lab, lab.trainImages(2000), lab.testImages(1000))) {
            Training training = sgd(lab, images, lab.epochs(6, 100));
            Batches batches = images.training(100, 0, lab.full(), false);
            Supplier<Module> head = () -> new Sequential(new Flatten(), Networks.twoDropouts(1024, 128, images.classes(), FIRST, SECOND));
            var sweep = new Sweep(lab);
            sweep.variant("M=1",
                    seed -> training.run(seed, s -> new Networks.Split(Networks.smallTrunk(), head.get()), batches, n -> List.of(own(1))));
            sweep.variant("M=8, not mirrored",
                    seed -> training.run(seed, s -> new Networks.Split(Networks.smallTrunk(), head.get()), batches, n -> List.of(own(8))));
            sweep.variant("M=8, mirrored", seed -> training.run(seed, s -> new Networks.Split(Networks.smallTrunk(), head.get()), batches,
                    n -> List.of(MultiSampleTraining.of(MultiSampleDropout.options(8).diversity(Diversity.NONE.withFlip())))));
            return report(lab, e, images, training, sweep.run(), sweep);
        }
    }

    private static Report duplication(Lab lab, Experiment e) {
        try (Images images = Images.cifar10(lab, lab.trainImages(2000), lab.testImages(1000))) {
            Training training = sgd(lab, images, lab.epochs(5, 100));
            Batches batches = images.training(100, 0, lab.full(), false);
            var sweep = new Sweep(lab);
            sweep.variant("dropout", seed -> training.run(seed, s -> net(lab, images, FIRST, SECOND), batches, n -> List.of(own(1))));
            sweep.variant("M=8", seed -> training.run(seed, s -> net(lab, images, FIRST, SECOND), batches, n -> List.of(own(8))));
            sweep.variant("minibatch repeated 8 times",
                    seed -> training.run(seed, s -> net(lab, images, FIRST, SECOND), batches, n -> List.of(new Repeated(8))));
            Table table = sweep.run();
            table.relative(Training.STEP_TIME, "dropout", "step ÷ dropout");
            return report(lab, e, images, training, table, sweep);
        }
    }

    private static Report miniResNet(Lab lab, Experiment e) {
        try (Images images = Images.cifar10(lab, lab.trainImages(1500), lab.testImages(1000))) {
            int epochs = lab.epochs(3, 20);
            Batches batches = images.training(128, 0, false, true);
            long drop = Math.max(1, epochs / 2L) * batches.count();
            var training = new Training(lab, images, epochs, m -> new Adam(m.parameters(), Adam.options(0.01)),
                    (o, steps) -> Schedule.eachStep(new MultiStepLR(o, 0.1, new long[] {drop})));
            var sweep = new Sweep(lab);
            sweep.variant("no dropout", published(22.3), seed -> training.run(seed, s -> mini(images, 0), batches, n -> List.of()));
            sweep.variant("M=1", published(16.5), seed -> training.run(seed, s -> mini(images, 0.5), batches, n -> List.of(own(1))));
            sweep.variant("M=8", published(15.7), seed -> training.run(seed, s -> mini(images, 0.5), batches, n -> List.of(own(8))));
            return report(lab, e, images, training, sweep.run(), sweep);
        }
    }

    private static Report resNet56(Lab lab, Experiment e) {
        try (Images images = Images.cifar100(lab, lab.trainImages(4000), lab.testImages(1000))) {
            int epochs = lab.epochs(5, 5), depth = lab.full() ? 56 : 20;
            Batches batches = images.training(128, 0, true, false);
            var training = new Training(lab, images, epochs,
                    m -> new AdamW(m.parameters(), AdamW.options(lab.full() ? 0.1 : 0.01).weightDecay(1e-4)),
                    (o, steps) -> Schedule.eachStep(new OneCycleLR(o, OneCycleLR.options(lab.full() ? 0.1 : 0.01, steps))));
            var sweep = new Sweep(lab);
            var valid = new TreeMap<>(Map.of(1, 3.389870, 2, 3.136431, 8, 2.789385));
            valid.forEach((m, loss) -> sweep.variant("M=" + m, Map.of(Training.TEST_LOSS, loss),
                    seed -> training.run(seed,
                            s -> new Networks.Split(Networks.resnetTrunk(depth), Networks.normalizedHead(images.classes(), 0.5)), batches,
                            n -> List.of(own(m)))));
            return report(lab, e, images, training, sweep.run(), sweep);
        }
    }

    private static Report vgg(Lab lab, Experiment e) {
        try (Images images = Images.chosen(lab, lab.trainImages(640), lab.testImages(1000))) {
            Training training = sgd(lab, images, lab.epochs(2, 100));
            Batches batches = images.training(64, 0, true, false);
            int depth = lab.full() ? 16 : 11;
            var sweep = new Sweep(lab);
            for (int m : new int[] {1, 2, 4, 8, 16}) {
                sweep.variant("M=" + m,
                        seed -> training.run(seed,
                                s -> new Networks.Split(Networks.vggTrunk(depth, images.classes()),
                                        Networks.twoDropouts(512, 512, images.classes(), FIRST, SECOND)),
                                batches, n -> List.of(own(m))));
            }
            Table table = sweep.run();
            table.relative(Training.STEP_TIME, "M=1", RELATIVE);
            return report(lab, e, images, training, table, sweep);
        }
    }

    // ---- parts of them

    /** Returns training by SGD with Nesterov momentum and a one-cycle schedule. */
    private static Training sgd(Lab lab, Images images, int epochs) {
        return new Training(lab, images, epochs,
                m -> new SGD(m.parameters(), SGD.options(0.05).momentum(0.9).nesterov(true).weightDecay(5e-4).fused(true)),
                (o, steps) -> Schedule.eachStep(new OneCycleLR(o, OneCycleLR.options(0.05, steps).cycleMomentum(false))));
    }

    /** Creates the small network, or VGG-16 for the published settings, with two dropout layers in the head. */
    private static Module net(Lab lab, Images images, double first, double second) {
        return lab.full()
                ? new Networks.Split(Networks.vggTrunk(16, images.classes()),
                        Networks.twoDropouts(512, 512, images.classes(), first, second))
                : new Networks.Split(Networks.smallFlatTrunk(), Networks.twoDropouts(1024, 128, images.classes(), first, second));
    }

    private static Module mini(Images images, double p) {
        var linear = new Linear(128, images.classes());
        return new Networks.Split(Networks.miniResNetTrunk(), p == 0 ? linear : new Sequential(new Dropout(p), linear));
    }

    /** Returns training with M samples of the head's own dropout layers. */
    private static Callback own(int samples) {
        return MultiSampleTraining.of(MultiSampleDropout.options(samples));
    }

    private static Map<String, Double> published(double error) { return Map.of(Training.TEST_ERROR, error); }

    private static double last(double[] curve) { return curve[curve.length - 1]; }

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

    private static Report report(Lab lab, Experiment e, Images images, Training training, Table table, Sweep sweep) {
        var settings = new LinkedHashMap<String, Object>(images.settings());
        settings.put("epochs", training.epochs());
        List<String> notes = lab.full() ? List.of()
                : List.of("Not the published settings: a smaller network, " + images.train().size() + " images of " + images.name() + ", "
                        + training.epochs()
                        + " epochs. --full has them; published figures stand beside for orientation only.");
        return lab.report(e, settings, table, sweep.curves(), Training.CURVE, notes);
    }
}
