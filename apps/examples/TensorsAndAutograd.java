import panatorch.*;

// Tensors, operators and gradients, without a network: a straight line is fitted to three points.
//
// Prints a tensor, a gradient beside its formula, and the line y = 2x + 1 that gradient descent finds.

void main() {
    try (var scope = Scope.open()) { // frees every tensor made in here
        Tensor matrix = Torch.tensor(new float[][] {{1, 2}, {3, 4}});
        IO.println("a matrix times its transpose:\n" + matrix.matmul(matrix.t()));

        // Each row of x is a point's (x, 1), so x · w is the line w₀x + w₁ at the points.
        Tensor x = Torch.tensor(new float[][] {{-1, 1}, {0, 1}, {1, 1}});
        Tensor y = Torch.tensor(new float[] {-1, 1, 3});
        Tensor w = Torch.zeros(2).requiresGrad_(true);

        Tensor error = x.mv(w).sub(y);
        error.pow(2).sum().backward(); // d/dw Σ (x·w − y)² = 2 xᵀ(x·w − y)
        Tensor formula = x.t().mv(error.detach()).mul(2);
        IO.println("gradient: " + w.grad() + "\nformula:  " + formula);
        IO.println("they agree: " + w.grad().allClose(formula));

        for (int step = 0; step < 50; step++) {
            w.setGrad(null);
            Tensor loss = x.mv(w).sub(y).pow(2).sum();
            loss.backward();
            try (var off = NoGrad.enter()) { // changing a weight is not part of the function
                w.sub_(w.grad(), 0.1);
            }
            if (step % 10 == 0) IO.println("step " + step + ": loss " + loss.itemFloat());
        }
        float[] line = w.detach().toFloatArray();
        IO.println(String.format("the line: y = %.3f x + %.3f", line[0], line[1]));
    }
}
