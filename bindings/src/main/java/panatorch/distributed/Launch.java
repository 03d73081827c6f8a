package panatorch.distributed;

import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The place of this process among those that run together, as its launcher has put it into environment variables.
 *
 * <table>
 * <caption>Variables by launcher</caption>
 * <tr>
 * <th>launcher</th>
 * <th>rank and number of ranks</th>
 * <th>rank on this machine</th>
 * <th>address and port of rank 0</th>
 * </tr>
 * <tr>
 * <td>torchrun, Kubeflow, by hand</td>
 * <td>{@code RANK}, {@code WORLD_SIZE}</td>
 * <td>{@code LOCAL_RANK}, {@code LOCAL_WORLD_SIZE}; 0 and 1 if not set</td>
 * <td>{@code MASTER_ADDR}, {@code MASTER_PORT}</td>
 * </tr>
 * <tr>
 * <td>Slurm</td>
 * <td>{@code SLURM_PROCID}, {@code SLURM_NTASKS}</td>
 * <td>{@code SLURM_LOCALID}; {@code SLURM_NTASKS_PER_NODE}, which may be a list such as {@code 4(x2),3} of which {@code SLURM_NODEID}
 * chooses the entry</td>
 * <td>{@code MASTER_ADDR}, or the first host of {@code SLURM_JOB_NODELIST}; {@code MASTER_PORT}, or 29500</td>
 * </tr>
 * <tr>
 * <td>Open MPI</td>
 * <td>{@code OMPI_COMM_WORLD_RANK}, {@code OMPI_COMM_WORLD_SIZE}</td>
 * <td>{@code OMPI_COMM_WORLD_LOCAL_RANK}, {@code OMPI_COMM_WORLD_LOCAL_SIZE}</td>
 * <td>{@code MASTER_ADDR}; {@code MASTER_PORT}, or 29500</td>
 * </tr>
 * <tr>
 * <td>MPICH, Intel MPI</td>
 * <td>{@code PMI_RANK}, {@code PMI_SIZE}</td>
 * <td>{@code MPI_LOCALRANKID}, {@code MPI_LOCALNRANKS}</td>
 * <td>{@code MASTER_ADDR}; {@code MASTER_PORT}, or 29500</td>
 * </tr>
 * </table>
 *
 * <p>
 * The first row whose first variable is set counts. The variables of Slurm and MPI are read as their manuals describe them; they were not
 * tried on such clusters.
 *
 * @param rank number of this process, from 0
 * @param ranks number of processes
 * @param localRank number of this process among those on this machine, from 0
 * @param localRanks number of processes on this machine
 * @param master name or address of the machine of rank 0
 * @param port port on that machine at which the ranks meet
 * @param agentStore whether the launcher serves the store there, as torchrun does; otherwise rank 0 does
 * @param restarts how often the launcher has restarted the ranks
 */
public record Launch(int rank, int ranks, int localRank, int localRanks, String master, int port, boolean agentStore, int restarts) {
    /** PyTorch's port where the user names none. */
    private static final String STANDARD_PORT = "29500";
    /** Slurm's lists of numbers, in which {@code (x2)} repeats the number before it. */
    private static final Pattern REPEATED = Pattern.compile("\\d{1,9}(\\(x\\d{1,6}\\))?(,\\d{1,9}(\\(x\\d{1,6}\\))?)*");

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if a number is out of range; the message says which
     */
    public Launch {
        check(ranks >= 1, "the number of ranks (WORLD_SIZE) must be at least 1, not ", ranks);
        check(rank >= 0 && rank < ranks, "the rank (RANK) must be from 0 to " + (ranks - 1) + ", not ", rank);
        check(localRanks >= 1, "the number of ranks on this machine (LOCAL_WORLD_SIZE) must be at least 1, not ", localRanks);
        check(localRank >= 0, "the rank on this machine (LOCAL_RANK) must not be negative, but it is ", localRank);
        check(port >= 1 && port <= 0xffff, "the port (MASTER_PORT) must be from 1 to 65535, not ", port);
        if (master.isBlank()) throw new IllegalArgumentException("the address of rank 0 (MASTER_ADDR) is empty");
    }

    private static void check(boolean fits, String problem, int value) {
        if (!fits) throw new IllegalArgumentException(problem + value);
    }

    /** Returns the place of one of several processes on this machine, or of one process on each machine. */
    public static Launch of(int rank, int ranks, String master, int port) {
        return new Launch(rank, ranks, 0, 1, master, port, false, 0);
    }

    /** Returns whether a launcher has set the rank of this process. */
    public static boolean present() {
        return variables(System.getenv()) != null;
    }

    /**
     * Reads the environment variables of this process.
     *
     * @throws IllegalStateException if a variable is missing or wrong; the message names it
     */
    public static Launch environment() { return of(System.getenv()); }

    static Launch of(Map<String, String> environment) {
        Variables v = variables(environment);
        if (v == null)
            throw new IllegalStateException(
                    "No launcher has set the rank of this process: RANK is missing. Start the program with torchrun "
                            + "--no-python, srun or mpirun, or set RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT.");
        try {
            return new Launch(number(environment, v.rank, null), number(environment, v.ranks, null), number(environment, v.localRank, "0"),
                    localRanks(environment, v), text(environment, "MASTER_ADDR", v.master(environment)),
                    number(environment, "MASTER_PORT", v.port),
                    environment.getOrDefault("TORCHELASTIC_USE_AGENT_STORE", "").equals("True"),
                    number(environment, "TORCHELASTIC_RESTART_COUNT", "0"));
        } catch (IllegalArgumentException e) {
            throw new IllegalStateException("In the environment, " + e.getMessage(), e);
        }
    }

    private static String text(Map<String, String> environment, String name, @Nullable String standard) {
        String value = environment.getOrDefault(name, standard);
        if (value == null)
            throw new IllegalStateException(
                    "The environment variable " + name + " is missing; RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT "
                            + "or their equivalents must be set together.");
        return value;
    }

    private static int number(Map<String, String> environment, String name, @Nullable String standard) {
        String value = text(environment, name, standard);
        try {
            return Integer.parseInt(value.strip());
        } catch (NumberFormatException e) {
            throw new IllegalStateException("The environment variable " + name + " must be a whole number, not '" + value + "'.", e);
        }
    }

    private static int localRanks(Map<String, String> environment, Variables v) {
        if (v.hosts == null) return number(environment, v.localRanks, "1");
        return entry(v.localRanks, text(environment, v.localRanks, "1").strip(), number(environment, "SLURM_NODEID", "0"));
    }

    /** Returns a machine's entry of Slurm's list: {@code 4(x2),3} has 4, 4 and 3. The last entry also counts for all later machines. */
    private static int entry(String name, String list, int machine) {
        if (!REPEATED.matcher(list).matches())
            throw new IllegalStateException("The environment variable " + name + " must be a list such as 4 or 4(x2),3, not '" + list
                    + "'.");
        int begin = 0, last = 0;
        for (String part : list.split(",")) {
            String[] times = part.split("\\(x|\\)");
            last = Integer.parseInt(times[0]);
            begin += times.length == 1 ? 1 : Integer.parseInt(times[1]);
            if (machine < begin) return last;
        }
        return last;
    }

    /** The names that a launcher gives its variables. */
    private record Variables(String rank, String ranks, String localRank, String localRanks, @Nullable String hosts,
            @Nullable String port) {
        @Nullable String master(Map<String, String> environment) {
            String list = hosts == null ? null : environment.get(hosts);
            return list == null ? null : firstHost(list);
        }
    }

    private static @Nullable Variables variables(Map<String, String> environment) {
        if (environment.containsKey("RANK") || environment.containsKey("WORLD_SIZE"))
            return new Variables("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", null, null);
        if (environment.containsKey("SLURM_PROCID"))
            return new Variables("SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID", "SLURM_NTASKS_PER_NODE", "SLURM_JOB_NODELIST",
                    STANDARD_PORT);
        if (environment.containsKey("OMPI_COMM_WORLD_RANK"))
            return new Variables("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE",
                    null, STANDARD_PORT);
        if (environment.containsKey("PMI_RANK"))
            return new Variables("PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS", null, STANDARD_PORT);
        return null;
    }

    /** Returns the first of Slurm's hosts: {@code gpu[07-09,12],cpu1} begins with {@code gpu07}. */
    private static String firstHost(String hosts) {
        String separate = hosts.replaceAll("\\[([^],-]*)[^]]*]", "$1");
        int comma = separate.indexOf(',');
        return comma < 0 ? separate : separate.substring(0, comma);
    }
}
