package panatorch.apps.measures;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.apps.console.Printable;
import panatorch.metrics.Accuracy;
import panatorch.metrics.Calibration;
import panatorch.metrics.ClassificationReport;
import panatorch.metrics.ConfusionMatrix;
import panatorch.metrics.ErrorDetection;

/**
 * The quality of predictions, as {@code evaluation.json} and {@code --json} hold it.
 *
 * @param accuracy part of the items whose likeliest class is right
 * @param top5 part of the items whose class is among the five likeliest; null with five classes or fewer
 * @param nll negative log-likelihood in nats
 * @param brier Brier score
 * @param ece expected calibration error of 15 bins; see {@link Calibration}
 * @param confidence mean probability of the likeliest class
 * @param errorAuroc probability that an error has a lower confidence than a right prediction; null if all or none are errors
 * @param informationAuroc probability that an error has a higher mutual information than a right prediction; null without Monte-Carlo
 * prediction
 * @param mutualInformation mean mutual information in nats; null without Monte-Carlo prediction
 * @param classes precision, recall, F1 and number of items of each class
 * @param confusion confusion matrix; rows are the true classes
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Quality(double accuracy, @Nullable Double top5, double nll, double brier, double ece, double confidence,
        @Nullable Double errorAuroc, @Nullable Double informationAuroc, @Nullable Double mutualInformation,
        Map<String, ClassificationReport.Scores> classes, long[][] confusion) {
    public static Quality of(Predictions p, List<String> classNames) {
        try (var scope = Scope.open(); var matrix = new ConfusionMatrix(classNames)) {
            Tensor logits = p.logits(), labels = p.labels();
            Calibration c = Calibration.ofLogits(logits, labels, 15);
            matrix.update(logits, labels);
            ClassificationReport report = matrix.report();
            var scores = new LinkedHashMap<String, ClassificationReport.Scores>();
            for (int i = 0; i < classNames.size(); i++) scores.put(classNames.get(i), report.of(i));
            Tensor wrong = Accuracy.correct(logits, labels, 1).logicalNot(), information = p.information();
            return new Quality(c.accuracy(), classNames.size() > 5 ? Accuracy.topK(logits, labels, 5) : null, c.nll(), c.brier(), c.ece(),
                    c.confidence(), auroc(logits.softmax(1).amax(1).neg(), wrong),
                    information == null ? null : auroc(information, wrong), information == null ? null : information.mean().itemDouble(),
                    scores, report.counts());
        }
    }

    private static @Nullable Double auroc(Tensor unsure, Tensor wrong) {
        double auroc = ErrorDetection.of(unsure, wrong).auroc();
        return Double.isNaN(auroc) ? null : auroc;
    }

    private static final int LONGEST_NAME = 40;

    /** Returns the report that is printed, with class names that are printable and leave room for numbers. */
    public static ClassificationReport report(Predictions p, List<String> classNames) {
        try (var matrix =
                new ConfusionMatrix(classNames.stream().map(name -> Printable.shortened(Printable.line(name), LONGEST_NAME)).toList())) {
            matrix.update(p.logits(), p.labels());
            return matrix.report();
        }
    }
}
