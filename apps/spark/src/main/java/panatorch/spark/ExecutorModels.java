package panatorch.spark;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.Collections;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerApplicationEnd;
import panatorch.serve.Model;

/** The models of this executor, one for each key, which all tasks share. Any thread may call. */
final class ExecutorModels {
    private ExecutorModels() {}

    /** A model and the number of tasks that use it. */
    private static final class Loaded {
        final Model model;
        int users;

        Loaded(Model model) { this.model = model; }
    }

    private static final Logger LOG = LogManager.getLogger(ExecutorModels.class);
    private static final Map<String, Loaded> MODELS = new HashMap<>();
    private static final Set<SparkContext> LISTENED = Collections.newSetFromMap(new WeakHashMap<>());
    private static boolean endsWithProcess;

    /**
     * Returns a model, loaded if it is not there, for a task that will {@link #release} its key. Loading one closes those that no task
     * uses; other tasks wait for it.
     *
     * @throws IllegalStateException if the model cannot be loaded
     */
    static synchronized Model acquire(String key, ModelFile file) {
        Loaded loaded = MODELS.get(key);
        if (loaded == null) {
            closeIdle();
            if (!endsWithProcess) Runtime.getRuntime().addShutdownHook(new Thread(ExecutorModels::closeIdle, "panatorch models"));
            endsWithProcess = true;
            loaded = new Loaded(load(file));
            MODELS.put(key, loaded);
        }
        loaded.users++;
        return loaded.model;
    }

    private static Model load(ModelFile file) {
        long begin = System.nanoTime();
        try {
            Model model = file.load();
            LOG.info("loaded {} in {} ms, {} bytes of weights", file, (System.nanoTime() - begin) / 1_000_000, model.memoryBytes());
            return model;
        } catch (Exception e) {
            throw new IllegalStateException("the model " + file + " could not be loaded: " + e.getMessage(), e);
        }
    }

    static synchronized void release(String key) {
        Loaded loaded = MODELS.get(key);
        if (loaded != null) loaded.users--;
    }

    /** Closes the models that no task uses. Those that are in use when the process ends, end with it. */
    static synchronized void closeIdle() {
        List<String> idle = new ArrayList<>();
        MODELS.forEach((key, loaded) -> { if (loaded.users == 0) idle.add(key); });
        for (String key : idle) {
            Loaded loaded = MODELS.remove(key);
            if (loaded != null) loaded.model.close();
        }
    }

    /** Closes the models of this process when an application ends, which in local mode the process outlives. */
    static synchronized void closeWith(SparkContext context) {
        if (!LISTENED.add(context)) return;
        context.addSparkListener(new SparkListener() {
            @Override public void onApplicationEnd(SparkListenerApplicationEnd end) { closeIdle(); }
        });
    }
}
