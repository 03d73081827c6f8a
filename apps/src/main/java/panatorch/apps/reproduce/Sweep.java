package panatorch.apps.reproduce;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Runs the trials of an experiment that its folder does not have yet, all variants of a seed before the next seed, so that whatever else
 * the machine does affects all variants alike. The report is written after each.
 */
final class Sweep {
    private final Lab lab;
    private final Experiment experiment;
    private final Study study;
    private final TrialFolder folder;

    Sweep(Lab lab, Experiment experiment, Study study, TrialFolder folder) {
        this.lab = lab;
        this.experiment = experiment;
        this.study = study;
        this.folder = folder;
    }

    /** A trial that is to be run. */
    private record Task(Variant variant, long seed) {}

    /**
     * Runs the missing trials.
     *
     * @param chosen names of the variants to run
     * @param report takes the report after each trial
     */
    void run(Set<String> chosen, ReportSink report) throws IOException {
        var tasks = new ArrayList<Task>();
        int kept = 0;
        for (long seed : lab.seeds()) {
            for (Variant v : study.variants()) {
                if (!chosen.contains(v.name())) continue;
                if (folder.read(v, seed) == null) tasks.add(new Task(v, seed));
                else kept++;
            }
        }
        if (kept > 0) lab.say(kept + " of " + (kept + tasks.size()) + " trials are finished already");
        var left = new TrialTimes(System::nanoTime);
        for (FinishedTrial t : folder.all(study.variants())) left.finished(t.variant(), t.seconds());
        try (var progress = new SweepProgress(lab, left, kept + tasks.size())) {
            for (int i = 0; i < tasks.size(); i++) {
                lab.check();
                run(tasks.get(i), kept + i + 1, tasks.subList(i + 1, tasks.size()), left, progress);
                report.accept(report());
            }
        }
        if (missing(folder.all(study.variants())).isEmpty()) folder.complete();
    }

    @FunctionalInterface
    interface ReportSink {
        void accept(Report report) throws IOException;
    }

    private void run(Task task, int number, List<Task> later, TrialTimes left, SweepProgress progress) throws IOException {
        String name = task.variant.name();
        left.begin(name, later.stream().map(t -> t.variant.name()).toList());
        progress.begin(name + ", seed " + task.seed, number);
        Trial.Result result = task.variant.trial().run(task.seed, folder.work(task.variant, task.seed, (epoch, epochs) -> {
            left.at(epoch, epochs);
            progress.at(epoch, epochs);
        }));
        folder.write(task.variant, task.seed, result, lab.machine(), left.end());
        folder.finished(task.variant, task.seed);
        progress.end(text(result.measures()));
    }

    private static String text(Map<String, Double> measures) {
        return measures.entrySet().stream().map(e -> String.format(Locale.ROOT, "%s %.4g", e.getKey(), e.getValue()))
                .collect(Collectors.joining(", "));
    }

    /** Returns the report of all trials that are finished. */
    Report report() throws IOException {
        List<FinishedTrial> trials = folder.all(study.variants());
        var findings = new Findings(study.variants());
        trials.forEach(findings::add);
        study.derived().accept(findings);
        var seeds = new TreeSet<>(lab.seeds());
        trials.forEach(t -> seeds.add(t.seed()));
        return new Report(experiment, study, List.copyOf(seeds), findings, missing(trials));
    }

    /** Returns the names of the trials that a complete table needs and that are not finished. */
    private List<String> missing(List<FinishedTrial> trials) {
        var seeds = new TreeSet<>(lab.seeds());
        trials.forEach(t -> seeds.add(t.seed()));
        var missing = new ArrayList<String>();
        for (Variant v : study.variants()) {
            var open = new TreeSet<>(seeds);
            trials.stream().filter(t -> t.variant().equals(v.name())).forEach(t -> open.remove(t.seed()));
            if (!open.isEmpty())
                missing.add(v.name() + ", " + (open.size() == 1 ? "seed " : "seeds ")
                        + open.stream().map(String::valueOf).collect(Collectors.joining(" ")));
        }
        return missing;
    }
}
