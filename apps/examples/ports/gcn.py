"""A graph convolutional network (Kipf and Welling 2016): the communities of a random graph, from a few labelled nodes."""
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F

NODES, CLASSES, FEATURES, HIDDEN = 600, 3, 32, 16


class GraphConvolution(nn.Module):
    def __init__(self, in_features, out_features):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(in_features, out_features))
        self.bias = nn.Parameter(torch.empty(out_features))
        stdv = 1.0 / out_features ** 0.5
        nn.init.uniform_(self.weight, -stdv, stdv)
        nn.init.uniform_(self.bias, -stdv, stdv)

    def forward(self, input, adj):
        support = torch.mm(input, self.weight)
        return torch.sparse.mm(adj, support) + self.bias


class GCN(nn.Module):
    def __init__(self):
        super().__init__()
        self.gc1 = GraphConvolution(FEATURES, HIDDEN)
        self.gc2 = GraphConvolution(HIDDEN, CLASSES)

    def forward(self, x, adj):
        x = F.relu(self.gc1(x, adj))
        x = F.dropout(x, 0.5, training=self.training)
        return F.log_softmax(self.gc2(x, adj), dim=1)


def random_graph():
    labels = torch.randint(CLASSES, (NODES,))
    probability = torch.where(labels[:, None] == labels[None, :], 0.03, 0.005)
    upper = (torch.rand(NODES, NODES) < probability).float().triu(1)
    adj = upper + upper.T + torch.eye(NODES)
    degree = adj.sum(1)
    adj = adj / torch.sqrt(degree[:, None] * degree[None, :])
    features = torch.randn(NODES, FEATURES) + F.one_hot(labels, FEATURES)
    return adj.to_sparse(), features, labels


def main(steps):
    torch.manual_seed(42)
    adj, features, labels = random_graph()
    idx_train = torch.randperm(NODES)[:60]
    model = GCN()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=5e-4)
    for step in range(steps):
        model.train()
        optimizer.zero_grad()
        output = model(features, adj)
        loss_train = F.nll_loss(output[idx_train], labels[idx_train])
        loss_train.backward()
        optimizer.step()
        print(loss_train.item())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
