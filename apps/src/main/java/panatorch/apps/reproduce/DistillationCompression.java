package panatorch.apps.reproduce;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import panatorch.Torch;
import panatorch.apps.reproduce.DistillationNetworks.Widths;
import panatorch.apps.reproduce.Distilling.Source;
import panatorch.nn.Module;
import panatorch.nn.dropout.distillation.Monitor;
import panatorch.nn.dropout.distillation.NarrowStudents;
import panatorch.nn.dropout.distillation.Predictor;

/** Makes figure 3 of the paper: networks with one narrower layer, or with narrower layers throughout, distilled or trained on labels. */
final class DistillationCompression {
    private DistillationCompression() {}

    private static final String PARAMETERS = "parameters %";
    /** Epochs of distillation. New layers need more steps than copied ones. */
    private static final int EPOCHS = 60, MEDIUM_EPOCHS = 40;

    /**
     * A published point of the figure.
     *
     * @param part part of all layers' weights that is left; 1 if only one layer is narrower
     * @param units units of {@code ip1}, of 64, if only that layer is narrower
     * @param distilled test error of the distilled network in %
     * @param baseline test error of the network trained on labels in %
     */
    private record Point(double part, int units, double distilled, double baseline) {
        boolean all() { return part < 1; }

        String name() { return all() ? "all layers " + Math.round(100 * part) + " %" : "ip1 " + units; }

        Widths of(Widths teacher) { return all() ? teacher.shrunk(part) : teacher.penultimate(units); }
    }

    private static final List<Point> ONE_LAYER = List.of(one(56, 17.74, 19.62), one(48, 17.71, 19.32), one(40, 17.69, 19.89),
            one(32, 17.67, 19.61), one(24, 17.81, 19.39), one(16, 17.80, 19.39), one(8, 18.02, 19.98));
    private static final List<Point> ALL_LAYERS = List.of(all(.785, 19.12, 20.16), all(.630, 20.05, 20.11), all(.521, 20.25, 20.26),
            all(.408, 21.16, 20.96), all(.333, 22.44, 21.18), all(.288, 23.67, 21.74),
            all(.225, 24.81, 22.08), all(.179, 27.16, 23.12), all(.146, 28.42, 24.05));

    private static Point one(int units, double distilled, double baseline) { return new Point(1, units, distilled, baseline); }

    private static Point all(double part, double distilled, double baseline) { return new Point(part, 64, distilled, baseline); }

    static Study study(Lab lab) {
        Baseline baseline = DistillationExperiments.quickBaseline(lab, EPOCHS, MEDIUM_EPOCHS);
        Study study = DistillationExperiments.study(baseline.distilling(), DistillationExperiments.quickNote(lab));
        Widths widths = DistillationExperiments.widths(lab);
        var points = new ArrayList<Point>();
        points.addAll(lab.full() ? ONE_LAYER : List.of(ONE_LAYER.get(3), ONE_LAYER.getLast()));
        points.addAll(lab.full() ? ALL_LAYERS : List.of(ALL_LAYERS.getFirst(), ALL_LAYERS.getLast()));
        study.variant("standard", DistillationExperiments.error(18.15), baseline.trial((seed, work, teacher, reference) -> new Trial.Result(
                measures(reference, teacher, 1), Map.of())));
        for (Point p : points) {
            String distilled = p.name() + " distilled", onLabels = p.name() + " on labels";
            study.variant(distilled, DistillationExperiments.error(p.distilled),
                    baseline.trial((seed, work, teacher, reference) -> distilled(baseline, teacher, reference, p, widths, seed, work)));
            study.variant(onLabels, DistillationExperiments.error(p.baseline),
                    baseline.trial((seed, work, teacher, reference) -> onLabels(baseline, reference, p, widths, seed, work)));
            study.compare(distilled, onLabels);
        }
        return study
                .note("The paper does not tell how its baselines were trained beyond 'from original labelled data': here as the teacher, "
                        + "with dropout. Widths of all layers are those whose weights come closest to the published part.");
    }

    private static Trial.Result distilled(Baseline baseline, Module teacher, Distilling.Reference reference, Point p, Widths full,
            long seed,
            Work work) {
        Distilling d = baseline.distilling();
        Widths widths = p.of(full);
        Torch.manualSeed(seed);
        try (Module student = widths.network(d.images().classes(), 0)) {
            if (p.all()) NarrowStudents.removeRandomUnits(teacher, student, null);
            else NarrowStudents.copyWhatFits(teacher, student, null);
            List<Monitor.Means> epochs = d.distil(teacher, student, Source.PERTURBED, seed, work);
            return reference.ofStudent(measures(reference, student, widths.part(full)), epochs);
        }
    }

    private static Trial.Result onLabels(Baseline baseline, Distilling.Reference reference, Point p, Widths full, long seed, Work work) {
        Distilling d = baseline.distilling();
        Widths widths = p.of(full);
        Torch.manualSeed(seed);
        try (Module narrow = widths.network(d.images().classes(), DistillationExperiments.rate(d.lab()))) {
            d.baseline(narrow, seed, work, work.own(".ckpt"));
            return new Trial.Result(measures(reference, narrow, widths.part(full)), Map.of());
        }
    }

    private static Map<String, Double> measures(Distilling.Reference reference, Module network, double part) {
        var m = new LinkedHashMap<String, Double>();
        m.put(PARAMETERS, 100 * part);
        m.putAll(reference.measures(Predictor.standard(network)));
        return m;
    }
}
