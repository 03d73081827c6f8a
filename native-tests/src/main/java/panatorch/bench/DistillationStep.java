package panatorch.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import panatorch.Aten;
import panatorch.Autograd;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.models.CudaConvnetQuick;
import panatorch.nn.Module;
import panatorch.nn.dropout.distillation.Distillation;
import panatorch.nn.dropout.distillation.Perturbation;
import panatorch.nn.dropout.distillation.Teacher;
import panatorch.nn.functional.CrossEntropy;

/**
 * Measures dropout distillation of cuda-convnet's quick net with one mask an example: perturbation, the teacher's forward, the student's,
 * the loss and {@code backward}. For comparison it measures a plain training step of the student up to {@code backward}, and the teacher's
 * forward alone. Gradients are freed untimed, and no optimiser steps.
 */
final class DistillationStep implements Workload {
    private static final double SECONDS = 1.5;
    private static final int ROWS = 64, CLASSES = 10;

    private final CudaConvnetQuick network, student;
    private final Teacher teacher;
    private final Distillation distillation;
    private final Scope scope;
    private final Tensor images, labels;
    private final Map<String, Supplier<Tensor>> passes = new LinkedHashMap<>();

    DistillationStep() {
        Torch.manualSeed(1);
        network = new CudaConvnetQuick(CudaConvnetQuick.options(CLASSES).dropout(0.5));
        try (var noGrad = NoGrad.enter()) {
            // or all logits are 0 and the check finds nothing
            Objects.requireNonNull(network.namedParameters().get("conv1.weight")).mul_(1000);
        }
        student = Module.copyOf(network);
        teacher = new Teacher(network);
        distillation = new Distillation(teacher, Perturbation.pixels(0.2));
        scope = Scope.open();
        images = Torch.randn(ROWS, 3, 32, 32);
        labels = Aten.arange(ROWS, DType.INT64).remainder(CLASSES);
        passes.put("distillation", this::distil);
        passes.put("training", this::train);
        passes.put("teacher", () -> teacher.target(images).mean());
    }

    private Tensor distil() {
        Tensor loss = distillation.loss(student, images).loss();
        Autograd.backward(loss);
        return loss;
    }

    private Tensor train() {
        Tensor loss = CrossEntropy.crossEntropy(student.call(images), labels);
        Autograd.backward(loss);
        return loss;
    }

    @Override public String script() { return "distillation_step.py"; }

    @Override public String parts() { return "passes"; }

    @Override public double tolerance() { return 1e-4; }

    /** Returns a checksum of the result and of the norms of the gradients, each part after the same seed for the masks. */
    @Override public Map<String, Double> check() {
        var sums = new LinkedHashMap<String, Double>();
        passes.forEach((name, pass) -> {
            try (var inner = Scope.open()) {
                Torch.manualSeed(1);
                double sum = Checksum.of(pass.get());
                for (Tensor p : student.parameters()) if (p.grad() instanceof Tensor g) sum += Checksum.of(g.norm());
                sums.put(name, sum);
                student.zeroGrad();
            }
        });
        return sums;
    }

    @Override public Map<String, Double> run() {
        var seconds = new LinkedHashMap<String, Double>();
        passes.keySet().forEach(name -> seconds.put(name, 0.0));
        int rounds = 0;
        for (; seconds.values().stream().mapToDouble(s -> s).sum() < SECONDS; rounds++) // in turn, so that all see the same machine
            passes.forEach((name, pass) -> seconds.merge(name, time(pass), Double::sum));
        double n = rounds;
        seconds.replaceAll((name, s) -> s / n);
        return seconds;
    }

    private double time(Supplier<Tensor> pass) {
        long start = System.nanoTime();
        try (var inner = Scope.open()) {
            var _ = pass.get();
        }
        long end = System.nanoTime();
        student.zeroGrad();
        return (end - start) / 1e9;
    }

    @Override public void close() {
        scope.close();
        distillation.close();
        List.of(network, student).forEach(Module::close);
    }
}
