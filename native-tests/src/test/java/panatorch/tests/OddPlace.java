package panatorch.tests;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import java.nio.file.Path;
import java.util.ArrayList;

/** A class loader that has libraries at places of its own kind, as some servers' do. */
final class OddPlace extends URLClassLoader {
    private OddPlace(URL[] urls) { super(urls, ClassLoader.getPlatformClassLoader()); }

    @Override public URL getResource(String name) {
        if (!name.contains("jnitorch")) return super.getResource(name);
        try {
            return URL.of(URI.create("odd:/app!/" + name.substring(name.lastIndexOf('/') + 1)), new URLStreamHandler() {
                @Override protected URLConnection openConnection(URL url) {
                    return new URLConnection(url) {
                        @Override public void connect() {}
                    };
                }
            });
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    public static void main(String[] args) throws Exception {
        var urls = new ArrayList<URL>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) urls.add(Path.of(entry).toUri().toURL());
        var main = new OddPlace(urls.toArray(URL[]::new)).loadClass(LibraryStart.class.getName()).getDeclaredMethod("main", String[].class);
        main.setAccessible(true);
        main.invoke(null, (Object) new String[0]);
    }
}
