package panatorch.apps.reproduce;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import panatorch.Torch;
import panatorch.apps.console.Counted;
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
                    BULO + ", figure 3, read off its vector graphics", DistillationCompression::study),
            new Experiment("distill-sets", "Which images a student learns from: training images, perturbed ones, test images",
                    BULO + ", table 1 on the right", DistillationExperiments::sets));

    /** Published test errors of a network in %. */
    private record Published(double standard, double monteCarlo, double distilled) {}

    // ---- experiments

    private static Study mnist(Lab lab) {
        Images images = Images.mnist(lab, lab.trainImages(IMAGES, 10000), lab.testImages(2000, 10000));
        Recipe recipe = lab.scale().of(new Recipe(10, 0.02, 5e-4, List.of(2 / 3.0), 6, 2, 25, 100, false),
                new Recipe(20, 0.02, 5e-4, List.of(2 / 3.0), 12, 2, 25, 100, false), Recipe.published(30, 1e-3, 5e-4, false, 2 / 3.0));
        var d = new Distilling(lab, images, recipe.with(lab));
        Study study = study(d, "half the dropout rate");
        compare(study, new Baseline(d, "LeNet", () -> new LeNet5(LeNet5.options(10).dropout(LeNet5.Dropouts.PENULTIMATE, rate(lab)))),
                new Published(0.67, 0.67, 0.67));
        compare(study, new Baseline(d, "LeNetAll", () -> new LeNet5(LeNet5.options(10).dropout(LeNet5.Dropouts.ALL, rate(lab)))),
                new Published(0.51, 0.49, 0.49));
        return study;
    }

    private static Study quick(Lab lab) {
        Baseline baseline = quickBaseline(lab, SMALL_DISTILLATION, 30);
        Study study = study(baseline.distilling(), quickNote(lab));
        compare(study, baseline, new Published(18.15, 16.78, 17.20));
        return study;
    }

    private static Study allConv(Lab lab) {
        Images images = images(lab);
        Recipe recipe =
                lab.full() ? Recipe.published(350, 0.05, 1e-3, true, 200 / 350.0, 250 / 350.0, 300 / 350.0)
                        : small(lab, SMALL_DISTILLATION, 30);
        var d = new Distilling(lab, images, recipe.with(lab));
        Study study = study(d, lab.scale().of("a sixth", "a quarter", "all") + " of the filters and half the dropout rates");
        compare(study,
                new Baseline(d, "AllConv",
                        () -> lab.full() ? DistillationNetworks.initialized(new AllConv(images.classes()))
                                : DistillationNetworks.allConv(lab.scale().of(16, 24, 96), lab.scale().of(32, 48, 192), images.classes())),
                new Published(11.20, 10.60, 10.80));
        return study;
    }

    private static Study nin(Lab lab) {
        Images images = images(lab);
        Recipe recipe = lab.full() ? Recipe.published(300, 0.05, 1e-4, true, 2 / 3.0, 5 / 6.0) : small(lab, SMALL_DISTILLATION, 30);
        var d = new Distilling(lab, images, recipe.with(lab));
        Study study = study(d, lab.scale().of("a sixth", "a quarter", "all") + " of the filters and half the dropout rates");
        compare(study,
                new Baseline(d, "NiN",
                        () -> lab.full() ? DistillationNetworks.initialized(new NiN(images.classes()))
                                : DistillationNetworks.nin(lab.scale().of(6, 4, 1), images.classes())),
                new Published(11.16, 11.04, 11.14));
        return study;
    }

    private static Study sets(Lab lab) {
        Baseline baseline = quickBaseline(lab, SMALL_DISTILLATION, 30);
        Distilling d = baseline.distilling();
        Map<Source, Double> published = new LinkedHashMap<>();
        published.put(Source.TRAIN, 17.15);
        published.put(Source.PERTURBED, 17.20);
        published.put(Source.TEST, 17.23);
        Study study = study(d, quickNote(lab));
        study.variant("Standard", error(18.15), baseline.trial((seed, work, teacher, reference) -> new Trial.Result(
                reference.measures(Predictor.standard(teacher)), Map.of())));
        published.forEach((source, error) -> {
            study.variant(source.words(), error(error), baseline.trial(distilled(d, source)));
            study.compare(source.words(), "Standard");
        });
        return study;
    }

    // ---- parts of them

    private static final int IMAGES = 2000, SMALL_DISTILLATION = 12;

    static Map<String, Double> error(double percent) { return Map.of(Measures.TEST_ERROR, percent); }

    static Images images(Lab lab) { return Images.cifar10(lab, lab.trainImages(IMAGES, 10000), lab.testImages(1000, 5000)); }

    static String quickNote(Lab lab) {
        return lab.scale() == Scale.QUICK ? "half the filters and half the dropout rate" : "half the dropout rate";
    }

    /**
     * Returns the drop probability. At smaller scales it is halved: with 0.5, LeNetAll is so far from fitted that the mean over masks is
     * the worse prediction, and there is nothing to distil.
     */
    static double rate(Lab lab) { return lab.full() ? P : P / 2; }

    static Widths widths(Lab lab) { return lab.scale() == Scale.QUICK ? Widths.SMALL : Widths.PUBLISHED; }

    /**
     * Returns cuda-convnet's quick network on CIFAR-10.
     *
     * @param quick epochs of distillation at the quick scale
     * @param medium epochs of distillation at the medium scale
     */
    static Baseline quickBaseline(Lab lab, int quick, int medium) {
        Images images = images(lab);
        Recipe recipe = lab.full() ? Recipe.published(300, 0.05, 5e-4, true, 2 / 3.0) : small(lab, quick, medium);
        var d = new Distilling(lab, images, recipe.with(lab));
        return new Baseline(d, "Quick", () -> widths(lab).network(images.classes(), rate(lab)));
    }

    /** Returns the settings for few images, with many epochs, so that the baseline becomes as confident as after a long training. */
    private static Recipe small(Lab lab, int quick, int medium) {
        return new Recipe(lab.scale().of(20, 50, 50), 0.02, 5e-4, List.of(2 / 3.0), lab.scale().of(quick, medium, medium), 2, 25, 100,
                true);
    }

    /** Adds the three predictions of a baseline. */
    private static void compare(Study study, Baseline baseline, Published published) {
        Distilling d = baseline.distilling();
        String standard = baseline.name() + " standard", monteCarlo = baseline.name() + " Monte-Carlo (" + d.recipe().samples() + ")",
                distilled = baseline.name() + " distilled";
        study.variant(standard, error(published.standard), baseline.trial((seed, work, teacher, reference) -> new Trial.Result(
                reference.measures(Predictor.standard(teacher)), Map.of())));
        study.variant(monteCarlo, error(published.monteCarlo), baseline.trial((seed, work, teacher, reference) -> new Trial.Result(
                reference.measures(d.monteCarlo(teacher, seed)), Map.of())));
        study.variant(distilled, error(published.distilled), baseline.trial(distilled(d, Source.PERTURBED)));
        study.compare(monteCarlo, standard).compare(distilled, standard).compare(distilled, monteCarlo);
    }

    private static Baseline.Measuring distilled(Distilling d, Source source) {
        return (seed, work, teacher, reference) -> {
            try (Module student = Module.copyOf(teacher)) {
                List<Monitor.Means> epochs = d.distil(teacher, student, source, seed, work);
                return reference.ofStudent(reference.measures(Predictor.standard(student)), epochs);
            }
        };
    }

    /**
     * Returns a study without variants.
     *
     * @param smaller how the network of a smaller scale differs from the published one
     */
    static Study study(Distilling d, String smaller) {
        Distilling.Recipe r = d.recipe();
        Images images = d.images();
        var study = new Study(d.lab(), images).setting("batch", d.batch()).setting("recipe", r);
        study.note("'" + Distilling.DIVERGENCE + "' is KL(p̄‖q) in nats a test image, p̄ the mean of " + r.reference()
                + " masks that no row has seen. '" + Distilling.FLOOR
                + "' is the mutual information of those masks: the student's divergence from single masks is KL + floor. '"
                + Distilling.EXCESS + "' is the last epoch's, of " + r.masks() + " masks an example, which sees about 1/" + r.masks()
                + " of the floor too little.");
        study.note(
                "± is over seeds, a teacher each; the paper's (0.01 to 0.18 points) is over repetitions with one teacher. It tells neither "
                        + "dropout rates, batch sizes, L2 coefficients nor the hyper-parameters of AllConv and NiN: ours.");
        if (!d.lab().full())
            study.note("Not the published settings: " + smaller + "; " + Counted.of(images.train().size(), "image") + " of " + images.name()
                    + ", " + Counted.of(images.test().size(), "test image") + ", " + Counted.of(r.epochs(), "epoch") + " of training and "
                    + r.distillation() + " of distillation. --scale full has them; published figures stand beside for orientation only.");
        return study;
    }
}
