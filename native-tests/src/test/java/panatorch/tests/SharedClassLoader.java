package panatorch.tests;

import java.io.File;
import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import panatorch.Autograd;
import panatorch.Function;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/** A server that has PanaTorch in the class loader of all applications, and deploys one application several times. */
final class SharedClassLoader {
    private SharedClassLoader() {}

    /** What an application gives to PanaTorch to hold: a function and a hook of classes of its own. */
    static final class Application {
        private static final class Square extends Function {
            @Override protected List<Tensor> forward(Context context, List<Tensor> inputs) {
                context.save(inputs.getFirst());
                return List.of(inputs.getFirst().mul(inputs.getFirst()));
            }

            @Override protected List<Tensor> backward(Context context, List<Tensor> gradients) {
                return List.of(gradients.getFirst().mul(context.saved().getFirst()).mul(2));
            }
        }

        public static void main(String[] args) {
            try (var scope = Scope.open()) {
                Tensor x = Torch.full(new long[] {2}, 3.0).requiresGrad_(true);
                try (var hook = x.registerHook(g -> g.mul(10))) { // the last few hooks are kept until others come, unless closed
                    Autograd.backward(new Square().apply(x).sum());
                }
                System.out.println("gradient " + x.grad().sum().itemDouble());
            }
        }
    }

    public static void main(String[] args) throws Exception {
        List<URL> shared = new ArrayList<>(), own = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator))
            (entry.contains("test-classes") ? own : shared).add(Path.of(entry).toUri().toURL());
        var server = new URLClassLoader(shared.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
        for (int deployment = 1; deployment <= 3; deployment++) {
            var gone = deploy(own.toArray(URL[]::new), server);
            for (int i = 0; i < 50 && gone.get() != null; i++) {
                System.gc();
                Thread.sleep(100);
            }
            System.out.println("deployment " + deployment + (gone.get() == null ? " is gone" : " is still there"));
        }
    }

    private static WeakReference<ClassLoader> deploy(URL[] own, ClassLoader server) throws Exception {
        try (var application = new URLClassLoader(own, server)) {
            var main = application.loadClass(Application.class.getName()).getDeclaredMethod("main", String[].class);
            main.setAccessible(true);
            main.invoke(null, (Object) new String[0]);
            return new WeakReference<>(application);
        }
    }
}
