package panatorch.serve.http;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A certificate for localhost that signs itself, made by the JDK's keytool. */
final class Certificate {
    private static final char[] PASSWORD = "changeit".toCharArray();

    final Path chain, key;
    private final KeyStore store;

    Certificate(Path folder, String name) throws Exception {
        Path file = folder.resolve(name + ".p12");
        var keytool =
                new ProcessBuilder(List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), "-genkeypair", "-alias",
                        name, "-keyalg", "EC", "-dname", "CN=" + name, "-ext", "san=dns:localhost,ip:127.0.0.1", "-storetype", "PKCS12",
                        "-keystore",
                        file.toString(), "-storepass", "changeit")).redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        if (!keytool.waitFor(60, TimeUnit.SECONDS) || keytool.exitValue() != 0) throw new IllegalStateException("keytool failed");
        store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, PASSWORD);
        }
        chain = pem(folder.resolve(name + ".pem"), "CERTIFICATE", store.getCertificate(name).getEncoded());
        key = pem(folder.resolve(name + "-key.pem"), "PRIVATE KEY", store.getKey(name, PASSWORD).getEncoded());
    }

    private static Path pem(Path file, String what, byte[] bytes) throws Exception {
        String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
        return Files.writeString(file, "-----BEGIN " + what + "-----\n" + text + "\n-----END " + what + "-----\n");
    }

    /** Returns a context that shows this certificate and trusts another one. */
    SSLContext trusting(Certificate other) throws Exception {
        var keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(store, PASSWORD);
        var trust = TrustManagerFactory.getInstance("PKIX");
        var trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("it", other.store.getCertificate(other.store.aliases().nextElement()));
        trust.init(trusted);
        var context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }
}
