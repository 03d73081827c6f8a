package panatorch.bench;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/** All workloads and the target ratios. A new workload is one more line here. */
final class Workloads {
    private Workloads() {}

    /**
     * A workload.
     *
     * @param name its name on the command line
     * @param summary one sentence for {@code --list}
     * @param targets the largest wanted median of Java ÷ Python, by part or for {@link Figures#MEAN}
     */
    record Entry(String name, String summary, Map<String, Double> targets, Supplier<Workload> make) {}

    static final Map<String, Entry> ALL = new LinkedHashMap<>();

    static {
        add("operator-calls", "a call of small operators on the CPU, 8×8 float32", Map.of(Figures.MEAN, 0.60), OperatorCalls::new);
        add("operator-calls-javacpp", "some of operator-calls by JavaCPP's own typed methods", Map.of(), JavaCppCalls::new);
        add("backward-chain", "a chain of 20 small operators on the CPU, 8×8 float32, and its backward", Map.of(), BackwardChain::new);
        add("gyro-step",
                "a training step of a perceptron 784–1024–1024–10 with dropout, gyro dropout (256, 16), and its pruned form in groups of "
                        + "32; 256 rows",
                Map.of(), GyroStep::new);
        add("func-per-sample", "per-sample gradients of a convolutional network by vmap, 32 images; a Hessian; small transforms",
                Map.of("per-sample", 1.0), PerSampleGradients::new);
        add("distillation-step",
                "a step of dropout distillation, and a plain step of training and the teacher's forward: 64 images, cuda-convnet's quick "
                        + "net",
                Map.of(), DistillationStep::new);
        add("multi-sample-heads",
                "processor time of 1, 8 and 64 dropout samples of one head, N = 128, D = 512, C = 100, with backward; in Python a loop "
                        + "over the samples",
                Map.of(), MultiSampleHeads::againstLoop);
        add("multi-sample-heads-batched", "as multi-sample-heads; in Python one batch, too", Map.of(), MultiSampleHeads::againstBatch);
        add("multi-sample-heads-fast-masks", "as multi-sample-heads; here with FastMasks", Map.of(), MultiSampleHeads::withFastMasks);
        add("data-loading",
                "an image of CIFAR-10 (crop, flip, normalise) and of a folder of JPEG files, beside torchvision and a DataLoader of two "
                        + "workers",
                Map.of("cifar10", 0.20, "jpeg-folder", 0.50), DataLoading::new);
        add("image-loading", "an image of a folder of tiny JPEG files and of photographs resized to 224×224, beside torchvision and Pillow",
                Map.of("tiny", 0.50, "photos", 0.80), ImageLoading::new);
        add("checkpoint", "100 MB saved and loaded in torch.save's format, and with a checksum",
                Map.of("save", 1.0, "save to disk", 0.9, "save checkpoint", 1.1, "load checkpoint", 1.5), CheckpointFiles::new);
        add("safetensors-load", "500 MB loaded from the page cache and from the disk, mapped as by safetensors.torch.load_file, and copied",
                Map.of("mapped warm", 0.8), SafetensorsLoad::new);
        add("tokenizing", "4,000 sentences by tokenizers of five kinds, beside Hugging Face's tokenizers on one thread", Map.of(),
                Tokenizing::new);
        add("start-up", "the time from the start of a process to a first result of 2×2 elements, without and with an archive of classes",
                Map.of("plain", 0.60, "archive", 0.60), StartUp::new);
        add("distributed-calls", "an all-reduce of one element in a world of one, 5,000 in turn", Map.of("call", 0.60),
                () -> new Distributed("calls", 1));
        add("distributed-all-reduce", "an all-reduce of float32 on two processes of this machine", Map.of("40-MB", 1.0, "100-MB", 1.0),
                () -> new Distributed("all-reduce", 2));
        add("distributed-step",
                "processor time of a training step of ResNet-20 with 64 images on each of two processes, by itself and in data parallel",
                Map.of("step", 0.95), () -> new Distributed("step", 2));
        add("distributed-memory",
                "a perceptron of 200 MiB with AdamW after three steps, in one process and sharded on two: parameters and state, and "
                        + "growth of the process",
                Map.of(), () -> new Distributed("memory", 1, 2));
        for (Net net : Net.values()) {
            String step = "a training step of " + net + " with " + net.batch + (net.reads() ? " sentences of 64 tokens" : " images")
                    + ", SGD with momentum";
            add(net + "-step", step, step(net), () -> new TrainingStep(net, false));
            add(net + "-step-bf16", step + ", by bfloat16 autocast", Map.of(), () -> new TrainingStep(net, true));
            add(net + "-memory", "peak of resident memory of a whole process that makes five such steps",
                    Map.of("same settings", 1.05, "out of the box", 1.05), () -> new PeakMemory(net));
        }
        var everything = Arrays.stream(Asked.values()).map(a -> a.name().toLowerCase(Locale.ROOT)).toList();
        add("many-callers", "an answer while 16 and 200 threads ask at once: " + everything, Map.of(),
                () -> new ManyCallers(everything, "16", "200"));
        add("many-callers-virtual", "as many-callers, from 10,000 virtual threads; in Python from 200 threads", Map.of(),
                () -> new ManyCallers(everything, "10000v"));
        for (String asked : everything)
            add("many-callers-" + asked, "as many-callers, from 1 to 1,000 threads", Map.of(),
                    () -> new ManyCallers(List.of(asked), "1", "2", "4", "16", "64", "200", "1000"));
        exported("mlp", 0.45, 0.38, 1, 64);
        exported("bert", 0.70, 0.45, 1, 64);
        exported("resnet18", 1.05, 0.62, 1, 3, 224, 224);
        serving("mlp", 0.125, "a perceptron 64–128–128–10, JSON");
        serving("resnet18", 0.625, "ResNet-18 at 224×224, bytes");
        serving("bert", 0.5, "BERT of 4 layers of 256, 64 tokens, JSON");
        inference(Net.RESNET18, Map.of());
        inference(Net.MLP, Map.of("batch 1", 0.50, "batch 1 from 2 threads", 0.30));
    }

    private static void exported(String net, double plain, double optimised, long... shape) {
        add("export-" + net,
                "an answer of " + net + " to one example: exported, optimised and compiled by AOTInductor, in processor time; and loading",
                Map.of("plain", plain, "optimised", optimised, "compiled", 1.05, "optimised, frozen in Python", 1.0, "load", 0.20),
                () -> new ExportedInference(net, shape));
    }

    private static void serving(String net, double target, String what) {
        add("serving-" + net,
                "a request to a server, " + what + ": optimised behind panatorch.serve.http, eager behind FastAPI; the 99th percentile at "
                        + "0.7 of Python's greatest rate",
                Map.of("64 connections", target, "p99 at equal load", 0.5), () -> new Serving(net));
    }

    private static void inference(Net net, Map<String, Double> targets) {
        add(net + "-inference",
                "a request to " + net + ", of all callers together: batches of 1 and 32, one caller with all threads, two with one each",
                targets, () -> new Inference(net));
        add(net + "-inference-djl",
                "as " + net + "-inference; here the Deep Java Library 0.34.0 with its own libtorch, 2.7.1, and a TorchScript file",
                Map.of(), () -> new DjlInference(net));
    }

    private static void add(String name, String summary, Map<String, Double> targets, Supplier<Workload> make) {
        ALL.put(name, new Entry(name, summary, targets, make));
    }

    private static Map<String, Double> step(Net net) {
        return switch (net) {
            case RESNET18, RESNET56, VGG16 -> Map.of("same settings", 1.00, "out of the box", 0.85);
            case LENET -> Map.of("same settings", 0.80, "out of the box", 0.80);
            case MLP -> Map.of("same settings", 0.55, "out of the box", 0.55);
            case BERT -> Map.of();
        };
    }
}
