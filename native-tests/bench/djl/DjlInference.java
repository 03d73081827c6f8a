import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.translate.NoopTranslator;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What inference.py does, in the Deep Java Library: java -cp CLASSPATH DjlInference.java NET FOLDER, with the files that inference.py
 * --export has written. The lines it exchanges are those of side.py. Each caller has a predictor of its own, as their documentation
 * advises, and the input stays where it is.
 */
public final class DjlInference {
    private static final double SECONDS = 0.75;
    private static final int CALLERS = 2, THREADS = Integer.parseInt(System.getenv("OMP_NUM_THREADS"));

    private final Model model = Model.newInstance("network");
    private final Map<String, NDArray> inputs = new LinkedHashMap<>();
    private final ExecutorService pool = Executors.newFixedThreadPool(CALLERS);
    private final CyclicBarrier ready = new CyclicBarrier(CALLERS);

    private DjlInference(String net, Path folder) throws Exception {
        model.load(folder, net + ".pt");
        for (int batch : new int[] {1, 32}) inputs.put("batch " + batch, input(folder, batch + "x"));
    }

    private NDArray input(Path folder, String prefix) throws Exception {
        Path file;
        try (Stream<Path> files = Files.list(folder)) {
            file = files.filter(f -> f.getFileName().toString().startsWith(prefix)).findFirst().orElseThrow();
        }
        long[] shape = Stream.of(file.getFileName().toString().replace(".bin", "").split("x")).mapToLong(Long::parseLong).toArray();
        var numbers = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
        float[] values = new float[numbers.remaining()];
        numbers.get(values);
        return model.getNDManager().create(values, new Shape(shape));
    }

    private Predictor<NDList, NDList> predictor() { return model.newPredictor(new NoopTranslator()); }

    private Map<String, Double> check() throws Exception {
        var sums = new LinkedHashMap<String, Double>();
        for (var input : inputs.entrySet()) {
            sums.put(input.getKey(), checksum(input.getValue()));
            sums.put(input.getKey() + " from 2 threads", pool.submit(() -> checksum(input.getValue())).get());
        }
        return sums;
    }

    private double checksum(NDArray x) throws Exception {
        try (var predictor = predictor(); NDList y = predictor.predict(new NDList(x))) {
            float[] logits = y.singletonOrThrow().toFloatArray();
            double sum = 0;
            for (int i = 0; i < logits.length; i++) sum += (i + 1) * (double) (logits[i] * logits[i]);
            return sum;
        }
    }

    private Map<String, Double> run() throws Exception {
        var seconds = new LinkedHashMap<String, Double>();
        for (var input : inputs.entrySet()) {
            JniUtils.setNumThreads(THREADS);
            seconds.put(input.getKey(), secondsPerRequest(input.getValue()));
            Callable<Double> caller = () -> {
                JniUtils.setNumThreads(1);
                ready.await();
                return secondsPerRequest(input.getValue());
            };
            double rate = 0;
            for (var one : Stream.generate(() -> pool.submit(caller)).limit(CALLERS).toList()) rate += 1 / one.get();
            seconds.put(input.getKey() + " from 2 threads", 1 / rate);
        }
        return seconds;
    }

    private double secondsPerRequest(NDArray x) throws Exception {
        try (var predictor = predictor()) {
            long start = System.nanoTime(), requests = 0;
            double elapsed = 0;
            for (; elapsed < SECONDS; requests++) {
                predictor.predict(new NDList(x)).close();
                elapsed = (System.nanoTime() - start) * 1e-9;
            }
            return elapsed / requests;
        }
    }

    private static String json(Map<String, Double> numbers) {
        return numbers.entrySet().stream().map(e -> "\"" + e.getKey() + "\": " + e.getValue()).collect(Collectors.joining(", ", "{", "}"));
    }

    public static void main(String[] args) throws Exception {
        var side = new DjlInference(args[0], Path.of(args[1]));
        System.out.println("{\"torch\": \"" + Engine.getInstance().getVersion() + "\", \"check\": " + json(side.check()) + "}");
        while (!IO.readln().equals("quit")) System.out.println(json(side.run()));
        System.exit(0);
    }
}
