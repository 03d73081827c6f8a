package panatorch.apps.reproduce;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import panatorch.nn.dropout.distillation.Monitor;

/** Collects measures of several predictors of one teacher. {@link Sweep} does so for variants that are trained independently. */
final class Findings {
    private final Distilling distilling;
    private final Lab lab;
    private final Table table = new Table();
    private final Map<String, double[]> curves = new LinkedHashMap<>();

    Findings(Distilling distilling) {
        this.distilling = distilling;
        lab = distilling.lab();
    }

    Distilling distilling() { return distilling; }

    Table table() { return table; }

    /**
     * Adds a row to the table.
     *
     * @param name the predictor
     * @param published published test error in %
     */
    void row(String name, double published) { table.row(name, Map.of(Training.TEST_ERROR, published)); }

    void add(String row, long seed, Map<String, Double> measures) {
        measures.forEach((measure, value) -> table.add(row, measure, value));
        lab.say(row + ", seed " + seed + ": " + measures.entrySet().stream()
                .map(m -> String.format(Locale.ROOT, "%s %.4g", m.getKey(), m.getValue())).collect(Collectors.joining(", ")));
    }

    /**
     * Adds a student's measures, with the lower bound of its loss and, if there were masks enough to know it, the last epoch's excess over
     * that.
     */
    void addStudent(String row, long seed, Map<String, Double> measures, Distilling.Reference reference, List<Monitor.Means> epochs) {
        measures.put(Distilling.FLOOR, reference.floor());
        double excess = epochs.getLast().excess();
        if (!Double.isNaN(excess)) measures.put(Distilling.EXCESS, excess);
        add(row, seed, measures);
    }

    /** Adds a row's distillation loss by epoch. The plot shows its mean over seeds. */
    void curve(String row, List<Monitor.Means> epochs) {
        double[] sums = curves.computeIfAbsent(row, r -> new double[epochs.size()]);
        for (int i = 0; i < sums.length; i++) sums[i] += epochs.get(i).loss() / lab.seeds().size();
    }

    /**
     * Returns the report.
     *
     * @param e the experiment
     * @param smaller how the network of the quick scale differs from the published one; empty if it does not
     */
    Report report(Experiment e, String smaller) {
        Distilling.Recipe r = distilling.recipe();
        Images images = distilling.images();
        var settings = new LinkedHashMap<String, Object>(images.settings());
        settings.put("batch", distilling.batch());
        settings.put("recipe", r.toString());
        var notes = new ArrayList<String>();
        notes.add("'" + Distilling.DIVERGENCE + "' is KL(p̄‖q) in nats a test image, p̄ the mean of " + r.reference()
                + " masks that no row has seen. '" + Distilling.FLOOR
                + "' is the mutual information of those masks: the student's divergence from single masks is KL + floor. '"
                + Distilling.EXCESS + "' is the last epoch's, of " + r.masks() + " masks an example, which sees about 1/" + r.masks()
                + " of the floor too little.");
        notes.add(
                "± is over seeds, a teacher each; the paper's (0.01 to 0.18 points) is over repetitions with one teacher. It tells "
                        + "neither dropout rates, batch sizes, L2 coefficients nor the hyper-parameters of AllConv and NiN: ours.");
        if (!lab.full()) {
            notes.add("Not the published settings: " + (smaller.isEmpty() ? "" : smaller + "; ") + images.train().size() + " images of "
                    + images.name() + ", " + images.test().size() + " test images, " + r.epochs() + " epochs of training and "
                    + r.distillation() + " of distillation. --full has them; published figures stand beside for orientation only.");
        }
        return lab.report(e, settings, table, curves, "loss of distillation", notes);
    }
}
