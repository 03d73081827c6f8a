package panatorch.cuda;

import java.lang.foreign.SymbolLookup;
import java.util.ArrayList;
import java.util.List;
import panatorch.BackendFlag;
import panatorch.Device;
import panatorch.JavaCpp;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.internal.libtorch.CatchingCall;
import panatorch.nn.BatchNorm2d;
import panatorch.nn.Conv2d;
import panatorch.nn.Dropout;
import panatorch.nn.Flatten;
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;
import panatorch.nn.functional.CrossEntropy;
import panatorch.train.Objective;

/** What the tests on a GPU share. */
final class Gpus {
    private Gpus() {}

    static final Device FIRST = Device.cuda(0);
    static final Objective CLASSIFICATION = Objective.of(CrossEntropy::crossEntropy);

    static boolean isThere() { return Cuda.isAvailable() && !isStub(); }

    /** Whether CUDA is the stub of {@code src/test/cuda}. */
    static boolean isStub() {
        return Cuda.isAvailable() && DeviceProperties.of(FIRST) instanceof DeviceProperties p && p.name().equals("stub");
    }

    /** Keeps the current stream busy: {@code torch.cuda._sleep}. No GPU does 10⁸ cycles in less than 30 ms. */
    static void sleep(long cycles) {
        long address = SymbolLookup.loaderLookup().find("_ZN2at4cuda5sleepEl").orElseThrow().address();
        JavaCpp.run(() -> new CatchingCall(address).call(cycles));
    }

    /** cuDNN's algorithms whose bits are the same each time, and float32 in float32, until closed. */
    static AutoCloseable exactly() {
        List<BackendFlag> flags =
                List.of(BackendFlag.CUDNN_DETERMINISTIC, BackendFlag.CUDNN_BENCHMARK, BackendFlag.CUDNN_TF32, BackendFlag.CUBLAS_TF32);
        List<Boolean> before = new ArrayList<>();
        flags.forEach(f -> before.add(f.isOn()));
        flags.forEach(f -> f.set(f == BackendFlag.CUDNN_DETERMINISTIC));
        return () -> {
            for (int i = 0; i < before.size(); i++) flags.get(i).set(before.get(i));
        };
    }

    /** [N, 3, 8, 8] → [N, 4], on the GPU, the same each time. */
    static Module net(double p) {
        Torch.manualSeed(3);
        return new Sequential(new Conv2d(3, 16, 3), new BatchNorm2d(16), new ReLU(), new Flatten(), new Dropout(p), new Linear(16 * 36, 32),
                new ReLU(), new Linear(32, 4)).to(FIRST);
    }

    /** On the CPU; of the caller's scope. */
    static Tensor images(long rows) {
        Torch.manualSeed(7);
        return Torch.randn(rows, 3, 8, 8);
    }

    static Tensor labels(long rows) { return Torch.arange(rows).remainder(4); }

    /** Elements that are equal where all bits are. */
    static List<float[]> values(Module model) {
        try (var scope = Scope.open()) {
            return model.stateDict().values().stream().map(Tensor::toFloatArray).toList();
        }
    }
}
