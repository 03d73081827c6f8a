package panatorch.internal.library;

import java.io.IOException;
import java.net.JarURLConnection;
import java.net.URL;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;

/**
 * Loads JavaCPP's classes of libtorch on another thread while the system loads the libraries. When JavaCPP's library is loaded, it looks at
 * all 1700 of them, one after the other, which takes as long as loading libtorch itself. A class that is missed here is loaded then.
 */
final class ClassesAhead {
    private ClassesAhead() {}

    private static final String FOLDER = "org/bytedeco/pytorch/", ONE = FOLDER + "Tensor.class";

    static void start() {
        if (Runtime.getRuntime().availableProcessors() > 1)
            Thread.ofPlatform().daemon().name("panatorch-classes").start(ClassesAhead::load);
    }

    private static void load() {
        ClassLoader loader = ClassesAhead.class.getClassLoader();
        URL url = loader.getResource(ONE);
        try {
            if (url == null || !(url.openConnection() instanceof JarURLConnection connection)) return;
            connection.setUseCaches(false);
            try (JarFile jar = connection.getJarFile()) {
                for (var entry : (Iterable<JarEntry>) jar.stream()::iterator) {
                    String name = entry.getName();
                    if (name.startsWith(FOLDER) && name.endsWith(".class") && name.indexOf('/', FOLDER.length()) < 0)
                        Class.forName(name.substring(0, name.length() - 6).replace('/', '.'), false, loader);
                }
            }
        } catch (IOException | ClassNotFoundException | LinkageError e) {
            // the error appears where the class is used
        }
    }
}
