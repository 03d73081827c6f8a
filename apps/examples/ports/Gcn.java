import static panatorch.Index.*;

import panatorch.*;
import panatorch.nn.*;
import panatorch.nn.Module;
import panatorch.nn.init.Init;
import panatorch.optim.Adam;

// A graph convolutional network (Kipf and Welling 2016): the communities of a random graph, from a few labelled nodes.

static final int NODES = 600, CLASSES = 3, FEATURES = 32, HIDDEN = 16;

static class GraphConvolution extends Module {
    final Tensor weight, bias;

    GraphConvolution(long in, long out) {
        double bound = 1 / Math.sqrt(out);
        weight = parameter("weight", Init.uniform_(Torch.empty(in, out), -bound, bound));
        bias = parameter("bias", Init.uniform_(Torch.empty(out), -bound, bound));
    }

    Tensor forward(Tensor input, Tensor adjacency) { return adjacency.mm(input.mm(weight)).add(bias); }
}

static class GCN extends Module {
    final GraphConvolution gc1 = child("gc1", new GraphConvolution(FEATURES, HIDDEN));
    final GraphConvolution gc2 = child("gc2", new GraphConvolution(HIDDEN, CLASSES));

    Tensor forward(Tensor features, Tensor adjacency) {
        Tensor x = F.relu(gc1.forward(features, adjacency));
        x = F.dropout(x, 0.5, isTraining());
        return F.logSoftmax(gc2.forward(x, adjacency), 1);
    }
}

record Graph(Tensor adjacency, Tensor features, Tensor labels) {}

Graph randomGraph() {
    Tensor labels = Torch.randint(0, CLASSES, NODES);
    Tensor probability = Aten.where(labels.unsqueeze(1).eq(labels.unsqueeze(0)), 0.03, 0.005);
    Tensor upper = Torch.rand(NODES, NODES).lt(probability).to(DType.FLOAT32).triu(1);
    Tensor adjacency = upper.add(upper.t()).add(Torch.eye(NODES));
    Tensor degree = adjacency.sum(1);
    adjacency = adjacency.div(degree.unsqueeze(1).mul(degree.unsqueeze(0)).sqrt());
    Tensor features = Torch.randn(NODES, FEATURES).add(F.oneHot(labels, FEATURES));
    return new Graph(adjacency.toSparse(), features, labels);
}

void train(Graph graph, int steps) {
    try (var train = Torch.randperm(NODES).get(slice(60)); var model = new GCN();
            var optimizer = new Adam(model.parameters(), Adam.options(0.01).weightDecay(5e-4))) {
        for (int step = 0; step < steps; step++) try (var tensors = Scope.open()) {
            model.train();
            optimizer.zeroGrad();
            Tensor output = model.forward(graph.features, graph.adjacency);
            Tensor loss = F.nllLoss(output.get(train), graph.labels.get(train));
            loss.backward();
            optimizer.step();
            IO.println(loss.itemDouble());
        }
    }
}

void main(String... args) {
    Torch.manualSeed(42);
    try (var scope = Scope.open()) {
        train(randomGraph(), args.length > 0 ? Integer.parseInt(args[0]) : 20);
    }
}
