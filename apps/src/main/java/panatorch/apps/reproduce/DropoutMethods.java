package panatorch.apps.reproduce;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import panatorch.Device;
import panatorch.apps.reproduce.TrainedNetworks.Network;
import panatorch.nn.Module;
import panatorch.nn.dropout.RDrop;
import panatorch.nn.dropout.distillation.Distillation;
import panatorch.nn.dropout.distillation.Predictor;
import panatorch.nn.dropout.distillation.Teacher;
import panatorch.nn.dropout.gyro.GyroDropout;
import panatorch.nn.dropout.gyro.GyroSchedule;
import panatorch.nn.dropout.multisample.MultiSampleDropout;
import panatorch.nn.dropout.multisample.MultiSampleTraining;
import panatorch.nn.functional.CrossEntropy;
import panatorch.optim.OneCycleLR;
import panatorch.optim.SGD;
import panatorch.train.Callback;
import panatorch.train.Objective;
import panatorch.train.Schedule;
import panatorch.train.TrainingMethod;

/** Compares all methods of this library on one network and data set, with what nobody has to add a method for: none, and an ensemble. */
final class DropoutMethods {
    private DropoutMethods() {}

    private static final double FIRST = 0.4, SECOND = 0.3, ALPHA = 1;
    private static final int SAMPLES = 8, PASSES = 25, AT_ONCE = 5, MEMBERS = 3, MASKS = 2;
    private static final String NONE = "no dropout", DROPOUT = "dropout", DISTILLED = "distilled student";
    /** Seeds of an ensemble's members beside the first. */
    private static final long MEMBER = 10_000_000;

    static final Experiment EXPERIMENT = new Experiment("dropout-methods",
            "All methods on one network: error, likelihood, calibration, error detection, and the time of training and prediction",
            "a comparison of this library's own; no published figures", DropoutMethods::study);

    private static Study study(Lab lab) {
        Images images = Images.cifar10(lab, lab.trainImages(2000, 10000), lab.testImages(1000, 10000));
        int epochs = lab.epochs(6, 20, 60);
        var networks = new TrainedNetworks(lab, images, epochs,
                m -> new SGD(m.parameters(), SGD.options(0.05).momentum(0.9).nesterov(true).weightDecay(5e-4).fused(true)),
                (o, steps) -> Schedule.eachStep(new OneCycleLR(o, OneCycleLR.options(0.05, steps).cycleMomentum(false))));
        Supplier<Module> plain = () -> net(images, 0, 0), dropped = () -> net(images, FIRST, SECOND);
        int sigma = lab.scale().of(32, 256, 256), tau = lab.scale().of(2, 16, 16);

        var study = new Study(lab, images).setting("epochs", epochs).setting("samples", SAMPLES).setting("passes", PASSES)
                .setting("members", MEMBERS).setting("subnetworks", sigma).setting("concurrent", tau).setting("alpha", ALPHA);
        study.variant(NONE, alone(networks, NONE, plain, List::of));
        study.variant(DROPOUT, alone(networks, DROPOUT, dropped, List::of));
        study.variant("multi-sample dropout (8)", alone(networks, "multi-sample", dropped,
                () -> List.of(MultiSampleTraining.of(MultiSampleDropout.options(SAMPLES)))));
        study.variant("gyro dropout", (seed, work) -> {
            try (var schedule = GyroSchedule.of(sigma, tau, networks.steps(), seed);
                    Network n = networks.trained("gyro", seed, seed, work, dropped, m -> List.of(GyroDropout.replaceIn(m, schedule)))) {
                return networks.measured(Predictor.standard(n.module()), n.seconds());
            }
        });
        study.variant("R-Drop", alone(networks, "r-drop", dropped, () -> List.of(new RDropped(new RDrop(ALPHA, CrossEntropy.mean())))));
        study.variant("Monte-Carlo dropout (25)", (seed, work) -> {
            try (Network n = networks.trained(DROPOUT, seed, seed, work, dropped, m -> List.of())) {
                return networks.measured(Predictor.monteCarlo(n.module(), PASSES, AT_ONCE), n.seconds());
            }
        });
        study.variant(DISTILLED, (seed, work) -> distilled(networks, seed, work, dropped));
        study.variant("ensemble of 3", (seed, work) -> ensemble(networks, seed, work, dropped));
        study.compareAllWith(DROPOUT);
        study.note("Training: seconds of the training thread" + (lab.device().type() == Device.Type.CPU ? " on its processor" : "")
                + ", of all networks that a method needs, its teacher and members included. Prediction: the same for 1,000 test images.");
        study.note(
                "Monte-Carlo dropout predicts the mean over " + PASSES + " masks with the network of \"dropout\"; the student learns from "
                        + "that network for as many epochs again; the ensemble has networks with dropout; R-Drop has α = " + ALPHA
                        + "; gyro dropout is (" + sigma + ", " + tau + ").");
        return study.note("AUROC of error detection: the probability that a wrong prediction has the higher entropy.");
    }

    /** Returns a trial of one network by itself. */
    private static Trial alone(TrainedNetworks networks, String name, Supplier<Module> network, Supplier<List<Callback>> methods) {
        return (seed, work) -> {
            try (Network n = networks.trained(name, seed, seed, work, network, m -> methods.get())) {
                return networks.measured(Predictor.standard(n.module()), n.seconds());
            }
        };
    }

    private static Trial.Result distilled(TrainedNetworks networks, long seed, Work work, Supplier<Module> dropped) {
        try (Network teacher = networks.trained(DROPOUT, seed, seed, work, dropped, m -> List.of());
                var distillation = new Distillation(new Teacher(teacher.module(), MASKS));
                Network student = networks.trained("student", seed, seed + 1, work, () -> Module.copyOf(teacher.module()), distillation,
                        m -> List.of(distillation.monitor()))) {
            return networks.measured(Predictor.standard(student.module()), teacher.seconds() + student.seconds());
        }
    }

    private static Trial.Result ensemble(TrainedNetworks networks, long seed, Work work, Supplier<Module> dropped) {
        var members = new ArrayList<Network>();
        try {
            for (int i = 0; i < MEMBERS; i++)
                members.add(networks.trained(i == 0 ? DROPOUT : "member-" + i, seed, seed + i * MEMBER, work, dropped, m -> List.of()));
            List<Predictor> predictors = members.stream().map(m -> Predictor.standard(m.module())).toList();
            return networks.measured(TrainedNetworks.mean(predictors), members.stream().mapToDouble(Network::seconds).sum());
        } finally {
            members.forEach(Network::close);
        }
    }

    private static Module net(Images images, double first, double second) {
        return new Networks.Split(Networks.smallFlatTrunk(), Networks.twoDropouts(1024, 128, images.classes(), first, second));
    }

    /** Trains by R-Drop's loss instead of the plain cross-entropy. */
    private record RDropped(RDrop method) implements TrainingMethod {
        @Override public Objective around(Objective objective) {
            return (model, input, target) -> {
                RDrop.Result r = method.apply(model, input, Objects.requireNonNull(target, "R-Drop needs labels"));
                return new Objective.Result(r.loss(), r.logits());
            };
        }
    }
}
