package panatorch.tests;

import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;

/** Two applications of one server, each with PanaTorch of its own. */
final class TwoClassLoaders {
    private TwoClassLoaders() {}

    public static void main(String[] args) throws Exception {
        var urls = new ArrayList<URL>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) urls.add(Path.of(entry).toUri().toURL());
        for (int application = 1; application <= 2; application++) {
            var loader = new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader()); // not closed, as in a server that runs
            var main = loader.loadClass(LibraryStart.class.getName()).getDeclaredMethod("main", String[].class);
            main.setAccessible(true);
            try {
                main.invoke(null, (Object) new String[0]);
            } catch (InvocationTargetException e) {
                System.out.println(e.getCause());
            }
        }
    }
}
