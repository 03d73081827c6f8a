package panatorch.apps.options;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.apps.console.InputException;
import panatorch.cuda.Cuda;
import panatorch.serve.ModelRepository;
import panatorch.serve.ServeOptions;
import panatorch.serve.http.ServerOptions;
import picocli.CommandLine.Option;

/** Options for how models are served, and for the server. */
public final class ServeSettings {
    private static final Pattern BUCKET = Pattern.compile("(.+):(\\d{1,3})=(\\d{1,9}(?:,\\d{1,9})*)");
    private static final Pattern GPU = Pattern.compile("cuda(?::(\\d{1,3}))?");
    private static final String TOKEN_VARIABLE = "PANATORCH_TOKEN";

    @Option(names = "--host", paramLabel = "ADDRESS", defaultValue = "127.0.0.1",
            description = "interface to listen on; default: ${DEFAULT-VALUE}, this machine only; 0.0.0.0 is all")
    private String host = "127.0.0.1";

    @Option(names = "--port", paramLabel = "N", defaultValue = "8000", description = "default: ${DEFAULT-VALUE}; 0 is any that is free")
    private int port;

    @Option(names = "--grpc-port", paramLabel = "N", description = "port for gRPC; default: the one after --port; 0 is any that is free")
    private @Nullable Integer grpcPort;

    @Option(names = "--no-grpc", description = "answers HTTP only")
    private boolean noGrpc;

    @Option(names = "--device", paramLabel = "DEVICE", defaultValue = "cpu",
            description = "where the models compute: cpu, or a GPU, cuda or cuda:N; default: ${DEFAULT-VALUE}")
    private String device = "cpu";

    @Option(names = "--workers", paramLabel = "N",
            description = "threads that run each model; default: one for each processor, or a single one on a GPU")
    private @Nullable Integer workers;

    @Option(names = "--threads", paramLabel = "N", defaultValue = "1",
            description = "CPU threads of each worker; default: ${DEFAULT-VALUE}")
    private int threads;

    @Option(names = "--max-batch", paramLabel = "ROWS", defaultValue = "64", description = "largest batch; default: ${DEFAULT-VALUE}")
    private int maxBatch;

    @Option(names = "--delay", paramLabel = "MS", defaultValue = "0",
            description = "how long a free worker waits for a fuller batch, in milliseconds; default: ${DEFAULT-VALUE}")
    private double delay;

    @Option(names = "--queue", paramLabel = "N", defaultValue = "1024",
            description = "requests that may wait for each model; further ones get 429; default: ${DEFAULT-VALUE}")
    private int queue;

    @Option(names = "--timeout", paramLabel = "MS",
            description = "milliseconds after which a request gets 504, unless it says otherwise; default: none")
    private @Nullable Integer timeout;

    @Option(names = "--bucket", paramLabel = "INPUT:DIM=SIZES",
            description = "pads a variable dimension to one of these sizes, so that inputs of different sizes share a batch: "
                    + "input_ids:1=32,64,128; may be repeated")
    private List<String> buckets = List.of();

    @Option(names = "--input", paramLabel = "DECLARATION",
            description = "input of a TorchScript, which does not tell it: image:float32[batch,3,224,224]; may be repeated")
    private List<String> inputs = List.of();

    @Option(names = "--output", paramLabel = "DECLARATION", description = "output of a TorchScript, likewise; default: of any shape")
    private List<String> outputs = List.of();

    @Option(names = "--max-body", paramLabel = "MIB", defaultValue = "64",
            description = "largest body of a request in MiB; default: ${DEFAULT-VALUE}")
    private int maxBody;

    @Option(names = "--memory", paramLabel = "MIB",
            description = "greatest memory of all models' weights in MiB; those used least recently are closed, and loaded again when "
                    + "somebody asks for them; default: no limit")
    private @Nullable Integer memory;

    @Option(names = "--token-file", paramLabel = "FILE",
            description = "file with a token that clients have to send (Authorization: Bearer); default: the variable " + TOKEN_VARIABLE)
    private @Nullable Path tokenFile;

    @Option(names = "--tls-certificate", paramLabel = "FILE", description = "encrypts connections: the server's certificate chain (PEM)")
    private @Nullable Path certificate;

    @Option(names = "--tls-key", paramLabel = "FILE", description = "the certificate's private key (PEM, PKCS #8)")
    private @Nullable Path key;

    @Option(names = "--tls-clients", paramLabel = "FILE",
            description = "certificates of authorities (PEM) that clients' certificates have to be signed by")
    private @Nullable Path clients;

    /** Checks the numbers. */
    public void check() {
        OptionCheck.within("--port", port, 0, 65_535);
        OptionCheck.within("--grpc-port", grpcPort, 0, 65_535);
        if (grpc() && grpcPort == null && port == 65_535)
            throw new InputException("no port follows --port 65535; pass --grpc-port or --no-grpc");
        OptionCheck.atLeast("--workers", workers, 1);
        OptionCheck.atLeast("--threads", threads, 1);
        OptionCheck.atLeast("--max-batch", maxBatch, 1);
        OptionCheck.notBelow("--delay", delay, 0);
        OptionCheck.atLeast("--queue", queue, 1);
        OptionCheck.atLeast("--timeout", timeout, 1);
        OptionCheck.atLeast("--memory", memory, 1);
        OptionCheck.within("--max-body", maxBody, 1, 2047);
        if ((certificate == null) != (key == null)) throw new InputException("--tls-certificate and --tls-key belong together");
        if (clients != null && certificate == null) throw new InputException("--tls-clients needs --tls-certificate and --tls-key");
    }

    /**
     * Returns the device of the models.
     *
     * @throws InputException if there is none of that name, or it is not there
     */
    public Device device() {
        if (device.equals("cpu")) return Device.CPU;
        Matcher m = GPU.matcher(device);
        if (!m.matches()) throw new InputException("--device '" + device + "' is neither cpu, nor cuda, nor cuda:N");
        if (!Cuda.isAvailable()) throw new InputException("--device " + device + " asks for a GPU, but " + DeviceName.whyNoGpu());
        int index = m.group(1) == null ? 0 : Integer.parseInt(m.group(1));
        if (index >= Cuda.deviceCount())
            throw new InputException("--device " + device + " asks for a GPU that is not there; the last one is cuda:"
                    + (Cuda.deviceCount() - 1));
        return Device.cuda(index);
    }

    /** Returns how each model is served on a device. */
    public ServeOptions serving(Device on) {
        ServeOptions o = ServeOptions.standard().device(on).maxBatch(maxBatch).queue(queue).threads(threads)
                .delay(Duration.ofNanos((long) (delay * 1e6)));
        if (workers != null) o = o.workers(workers);
        if (timeout != null) o = o.timeout(Duration.ofMillis(timeout));
        for (String text : buckets) {
            Matcher m = BUCKET.matcher(text);
            if (!m.matches()) throw new InputException("--bucket '" + text + "' is not of the form input_ids:1=32,64,128");
            o = o.bucket(m.group(1), Integer.parseInt(m.group(2)),
                    Arrays.stream(m.group(3).split(",")).mapToLong(Long::parseLong).toArray());
        }
        return o;
    }

    public List<DeclaredTensor> inputs() { return inputs.stream().map(t -> DeclaredTensor.parse("--input", t)).toList(); }

    public List<DeclaredTensor> outputs() { return outputs.stream().map(t -> DeclaredTensor.parse("--output", t)).toList(); }

    /**
     * Returns the options of the server.
     *
     * @param token what clients have to send; null for nothing
     */
    public ServerOptions server(@Nullable String token) {
        ServerOptions o = ServerOptions.standard().host(host).port(port).maxBody(maxBody << 20);
        if (grpc()) o = o.grpc(grpcPort != null ? grpcPort : port == 0 ? 0 : port + 1);
        if (token != null) o = o.token(token);
        if (certificate != null && key != null) o = o.tls(certificate, key);
        return clients == null ? o : o.clientCertificates(clients);
    }

    /** Returns the token that clients have to send, or null. */
    public @Nullable String token() {
        String token = System.getenv(TOKEN_VARIABLE);
        if (tokenFile != null) {
            try {
                token = Files.readString(tokenFile).strip();
            } catch (IOException e) {
                throw new InputException("the token cannot be read: " + InputException.reason(e), e);
            }
        }
        if (token != null && token.isBlank())
            throw new InputException("the token in " + (tokenFile != null ? tokenFile : TOKEN_VARIABLE) + " is empty");
        return token;
    }

    /** Returns an empty repository with the limit of memory. */
    public ModelRepository repository() {
        return memory == null ? ModelRepository.of() : ModelRepository.of((long) memory << 20);
    }

    public boolean grpc() { return !noGrpc; }

    /** Returns whether anybody who reaches the server may use it from other machines, without a token or certificate. */
    public boolean isOpen(@Nullable String token) {
        return !List.of("127.0.0.1", "localhost", "::1").contains(host) && token == null && clients == null;
    }
}
