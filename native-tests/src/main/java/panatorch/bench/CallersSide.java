package panatorch.bench;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import panatorch.InferenceMode;
import panatorch.Scope;
import panatorch.Torch;

/**
 * A process whose threads all make requests at once: {@code CallersSide NAMES CALLERS…}, the names of {@link Asked} with commas between
 * them, and {@link Crowd.Callers}, such as {@code 200 10000v}. Its protocol is that of {@link Workload}.
 */
final class CallersSide {
    private CallersSide() {}

    private static final JsonMapper JSON = JsonMapper.builder().build();

    public static void main(String[] args) throws IOException {
        var callers = Arrays.stream(args).skip(1).map(Crowd.Callers::parse).toList();
        try (var scope = Scope.open()) {
            var questions = new LinkedHashMap<String, Asked.Question>();
            var sums = new LinkedHashMap<String, Double>();
            for (String name : args[0].split(",")) {
                var question = Asked.named(name).question();
                questions.put(name, question);
                double sum = sum(question);
                for (var n : callers) sums.put(name + " from " + n, sum);
                if (question.learner() != null) {
                    sums.put(name + " beside a step", sum);
                    sums.put(name + " step beside 16", sum);
                }
            }
            say(Map.of("torch", Torch.version(), "threads", Torch.numThreads(), "check", sums));
            var commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String line = commands.readLine(); "run".equals(line); line = commands.readLine()) say(run(questions, callers));
        }
    }

    private static void say(Object document) throws IOException { System.out.println(JSON.writeValueAsString(document)); }

    private static double sum(Asked.Question q) {
        try (var scope = Scope.open(); var inference = InferenceMode.enter()) {
            return Checksum.of(q.answer().apply(q.input()).square());
        }
    }

    private static Map<String, Double> run(Map<String, Asked.Question> questions, List<Crowd.Callers> callers) {
        var seconds = new LinkedHashMap<String, Double>();
        questions.forEach((name, q) -> {
            for (var n : callers) seconds.put(name + " from " + n, Crowd.ask(q, n).answer());
            if (q.learner() == null) return;
            Crowd.Pace pace = Crowd.askBesideTraining(q, 16);
            seconds.put(name + " beside a step", pace.answer());
            seconds.put(name + " step beside 16", pace.step());
        });
        return seconds;
    }
}
