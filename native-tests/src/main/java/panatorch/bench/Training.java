package panatorch.bench;

import panatorch.Aten;
import panatorch.Autograd;
import panatorch.DType;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.amp.Precision;
import panatorch.nn.Module;
import panatorch.nn.functional.CrossEntropy;
import panatorch.optim.SGD;

/**
 * Trains a network on one batch, from bytes to new weights: conversion of the bytes, forward, loss, backward, SGD with momentum. The batch
 * belongs to the scope in which this object is made.
 */
final class Training implements AutoCloseable {
    private final Net net;
    private final Precision precision;
    private final Module model;
    private final SGD optimizer;
    private final Tensor examples, labels;

    /** Makes a training in float32. */
    Training(Net net) { this(net, Precision.FP32); }

    Training(Net net, Precision precision) {
        this.net = net;
        this.precision = precision;
        model = net.model();
        optimizer = new SGD(model.parameters(), SGD.options(1e-4).momentum(0.9).fused(true));
        examples = net.examples(net.batch);
        labels = Aten.arange(net.batch, DType.INT64).remainder(net.classes());
    }

    /** Makes a step and returns the loss before it. */
    double step() {
        try (var inner = Scope.open()) {
            Tensor x = net.input(examples);
            optimizer.zeroGrad();
            Tensor loss;
            try (var cast = precision.enter(Device.CPU)) {
                loss = CrossEntropy.crossEntropy(model.call(x), labels);
            }
            Autograd.backward(loss);
            optimizer.step();
            return loss.itemDouble();
        }
    }

    @Override public void close() {
        optimizer.close();
        model.close();
    }
}
