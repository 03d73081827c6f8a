package panatorch.bench;

import panatorch.Torch;

/** The smallest program: {@code bench/first_result.py} in Java. */
final class FirstResult {
    private FirstResult() {}

    public static void main(String[] args) {
        System.out.println(Torch.ones(2, 2).add(1).sum().itemDouble());
    }
}
