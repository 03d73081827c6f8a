package panatorch.apps.reproduce;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import panatorch.Torch;
import panatorch.apps.reproduce.DistillationNetworks.Widths;
import panatorch.apps.reproduce.Distilling.Recipe;
import panatorch.apps.reproduce.Distilling.Source;
import panatorch.models.AllConv;
import panatorch.models.LeNet5;
import panatorch.models.NiN;
import panatorch.nn.Module;
import panatorch.nn.dropout.distillation.Monitor;
import panatorch.nn.dropout.distillation.Predictor;

/** Compares dropout distillation with the tables of its paper. */
final class DistillationExperiments {
    private DistillationExperiments() {}

    static final String BULO = "Rota Bulò, Porzi and Kontschieder 2016, Dropout Distillation, PMLR 48:99–107";
    /** Drop probability. The paper does not state it. */
    static final double P = 0.5;

    static final List<Experiment> ALL = List.of(
            new Experiment("distill-mnist",
                    "Standard, Monte-Carlo and distilled predictions of LeNet with dropout behind one layer and behind all",
                    BULO + ", table 1", DistillationExperiments::mnist),
            new Experiment("distill-cifar10-quick",
                    "Standard, Monte-Carlo and distilled predictions of cuda-convnet's quick network with dropout behind every layer",
                    BULO + ", table 1", DistillationExperiments::quick),
            new Experiment("distill-allconv", "Standard, Monte-Carlo and distilled predictions of All-CNN-C", BULO + ", table 1",
                    DistillationExperiments::allConv),
            new Experiment("distill-nin", "Standard, Monte-Carlo and distilled predictions of Network in Network", BULO + ", table 1",
                    DistillationExperiments::nin),
            new Experiment("distill-compression",
                    "Students that are narrower than their teacher, against equally narrow networks trained on labels",
                    BULO + ", figure 3, read off its vector graphics", DistillationCompression::run),
            new Experiment("distill-sets", "Which images a student learns from: training images, perturbed ones, test images",
                    BULO + ", table 1 on the right", DistillationExperiments::sets));

    /** Published test errors of a network in %. */
    private record Published(double standard, double monteCarlo, double distilled) {}

    // ---- experiments

    private static Report mnist(Lab lab, Experiment e) {
        try (Images images = Images.mnist(lab, lab.trainImages(IMAGES), lab.testImages(2000))) {
            Recipe recipe = lab.full() ? Recipe.published(30, 1e-3, 5e-4, false, 2 / 3.0)
                    : new Recipe(10, 0.02, 5e-4, List.of(2 / 3.0), 6, 2, 25, 100, false);
            var d = new Distilling(lab, images, recipe.with(lab));
            var run = new Findings(d);
            compare(run, "LeNet", new Published(0.67, 0.67, 0.67),
                    () -> new LeNet5(LeNet5.options(10).dropout(LeNet5.Dropouts.PENULTIMATE, rate(lab))));
            compare(run, "LeNetAll", new Published(0.51, 0.49, 0.49),
                    () -> new LeNet5(LeNet5.options(10).dropout(LeNet5.Dropouts.ALL, rate(lab))));
            return run.report(e, "half the dropout rate");
        }
    }

    private static Report quick(Lab lab, Experiment e) {
        try (Images images = Images.cifar10(lab, lab.trainImages(IMAGES), lab.testImages(1000))) {
            var run = new Findings(quick(lab, images));
            compare(run, "Quick", new Published(18.15, 16.78, 17.20), () -> widths(lab).network(images.classes(), rate(lab)));
            return run.report(e, QUICK_NOTE);
        }
    }

    private static Report allConv(Lab lab, Experiment e) {
        try (Images images = Images.cifar10(lab, lab.trainImages(IMAGES), lab.testImages(1000))) {
            Recipe recipe = lab.full() ? Recipe.published(350, 0.05, 1e-3, true, 200 / 350.0, 250 / 350.0, 300 / 350.0) : small();
            var run = new Findings(new Distilling(lab, images, recipe.with(lab)));
            compare(run, "AllConv", new Published(11.20, 10.60, 10.80),
                    () -> lab.full() ? DistillationNetworks.initialized(new AllConv(images.classes()))
                            : DistillationNetworks.allConv(16, 32, images.classes()));
            return run.report(e, "a sixth of the filters and half the dropout rates");
        }
    }

    private static Report nin(Lab lab, Experiment e) {
        try (Images images = Images.cifar10(lab, lab.trainImages(IMAGES), lab.testImages(1000))) {
            Recipe recipe = lab.full() ? Recipe.published(300, 0.05, 1e-4, true, 2 / 3.0, 5 / 6.0) : small();
            var run = new Findings(new Distilling(lab, images, recipe.with(lab)));
            compare(run, "NiN", new Published(11.16, 11.04, 11.14), () -> lab.full()
                    ? DistillationNetworks.initialized(new NiN(images.classes())) : DistillationNetworks.nin(6, images.classes()));
            return run.report(e, "a sixth of the filters and half the dropout rates");
        }
    }

    private static Report sets(Lab lab, Experiment e) {
        try (Images images = Images.cifar10(lab, lab.trainImages(IMAGES), lab.testImages(1000))) {
            Distilling d = quick(lab, images);
            var run = new Findings(d);
            Map<Source, Double> published = new LinkedHashMap<>();
            published.put(Source.TRAIN, 17.15);
            published.put(Source.PERTURBED, 17.20);
            published.put(Source.TEST, 17.23);
            run.row("Standard", 18.15);
            published.forEach((source, error) -> run.row(source.words(), error));
            for (long seed : lab.seeds()) {
                Torch.manualSeed(seed);
                try (Module teacher = widths(lab).network(images.classes(), rate(lab))) {
                    d.baseline(teacher, seed);
                    try (var reference = d.new Reference(teacher)) {
                        run.add("Standard", seed, reference.measures(Predictor.standard(teacher)));
                        for (Source source : published.keySet()) distil(run, teacher, reference, source, source.words(), seed);
                    }
                }
            }
            return run.report(e, QUICK_NOTE);
        }
    }

    // ---- parts of them

    static final int IMAGES = 2000;
    private static final int SMALL_DISTILLATION = 12;
    static final String QUICK_NOTE = "half the filters and half the dropout rate";

    /**
     * Returns the drop probability. At the quick scale it is halved: with 0.5, LeNetAll is so far from fitted that the mean over masks is
     * the worse prediction, and there is nothing to distil.
     */
    static double rate(Lab lab) { return lab.full() ? P : P / 2; }

    static Widths widths(Lab lab) { return lab.full() ? Widths.PUBLISHED : Widths.SMALL; }

    static Distilling quick(Lab lab, Images images) {
        return quick(lab, images, SMALL_DISTILLATION);
    }

    /**
     * Returns the settings of the quick scale.
     *
     * @param distillation epochs of distillation
     */
    static Distilling quick(Lab lab, Images images, int distillation) {
        Recipe recipe = lab.full() ? Recipe.published(300, 0.05, 5e-4, true, 2 / 3.0) : small(distillation);
        return new Distilling(lab, images, recipe.with(lab));
    }

    /** Returns the settings for few images, with many epochs, so that the baseline becomes as confident as after a long training. */
    private static Recipe small() {
        return small(SMALL_DISTILLATION);
    }

    private static Recipe small(int distillation) { return new Recipe(20, 0.02, 5e-4, List.of(2 / 3.0), distillation, 2, 25, 100, true); }

    /** Measures a baseline and its three predictions for each seed. */
    private static void compare(Findings run, String name, Published published, Supplier<Module> network) {
        Distilling d = run.distilling();
        String standard = name + ", Standard", monteCarlo = name + ", Monte-Carlo (" + d.recipe().samples() + ")",
                distilled = name + ", Distillation";
        run.row(standard, published.standard);
        run.row(monteCarlo, published.monteCarlo);
        run.row(distilled, published.distilled);
        for (long seed : d.lab().seeds()) {
            Torch.manualSeed(seed);
            try (Module teacher = network.get()) {
                d.baseline(teacher, seed);
                try (var reference = d.new Reference(teacher)) {
                    run.add(standard, seed, reference.measures(Predictor.standard(teacher)));
                    run.add(monteCarlo, seed, reference.measures(d.monteCarlo(teacher)));
                    distil(run, teacher, reference, Source.PERTURBED, distilled, seed);
                }
            }
        }
    }

    private static void distil(Findings run, Module teacher, Distilling.Reference reference, Source source, String row, long seed) {
        var curve = new ArrayList<Monitor.Means>();
        try (Module student = run.distilling().student(teacher, source, seed, curve)) {
            run.addStudent(row, seed, reference.measures(Predictor.standard(student)), reference, curve);
            run.curve(row, curve);
        }
    }
}
