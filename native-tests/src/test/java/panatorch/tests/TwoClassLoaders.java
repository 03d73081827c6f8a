package panatorch.tests;

import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Two applications of one server, each with PanaTorch of its own; or, with the argument {@code apart}, one of which JavaCPP is the
 * server's.
 */
final class TwoClassLoaders {
    private TwoClassLoaders() {}

    public static void main(String[] args) throws Exception {
        ArrayList<URL> urls = new ArrayList<>(), ofServer = new ArrayList<>();
        boolean apart = List.of(args).contains("apart");
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator))
            (apart && entry.contains("bytedeco") ? ofServer : urls).add(Path.of(entry).toUri().toURL());
        var server = new URLClassLoader(ofServer.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
        for (int application = 1; application <= (apart ? 1 : 2); application++) {
            var loader = new URLClassLoader(urls.toArray(URL[]::new), server); // not closed, as in a server that runs
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
