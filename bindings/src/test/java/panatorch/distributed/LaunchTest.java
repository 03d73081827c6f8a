package panatorch.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LaunchTest {
    private static final Map<String, String> BY_HAND =
            Map.of("RANK", "1", "WORLD_SIZE", "3", "MASTER_ADDR", "node0", "MASTER_PORT", "4711");

    private static Map<String, String> with(String name, String value) {
        var changed = new HashMap<>(BY_HAND);
        changed.put(name, value);
        return changed;
    }

    @Test void the_variables_set_by_hand_are_enough() {
        assertThat(Launch.of(BY_HAND)).isEqualTo(Launch.of(1, 3, "node0", 4711));
    }

    @Test void torchrun_serves_the_store_and_counts_restarts() {
        var environment = new HashMap<>(BY_HAND);
        environment.putAll(Map.of("LOCAL_RANK", "1", "LOCAL_WORLD_SIZE", "2", "TORCHELASTIC_USE_AGENT_STORE", "True",
                "TORCHELASTIC_RESTART_COUNT", "2"));
        assertThat(Launch.of(environment)).isEqualTo(new Launch(1, 3, 1, 2, "node0", 4711, true, 2));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"gpu[07-09,12],cpu1 | gpu07", "alpha,beta | alpha", "alone | alone",
        "rack[1-2]n[3-4] | rack1n3"}) void slurm_gives_the_first_host_of_its_list(String hosts, String first) {
        assertThat(Launch.of(Map.of("SLURM_PROCID", "5", "SLURM_NTASKS", "8", "SLURM_LOCALID", "1", "SLURM_NTASKS_PER_NODE", "4",
                "SLURM_JOB_NODELIST", hosts))).isEqualTo(new Launch(5, 8, 1, 4, first, 29500, false, 0));
    }

    private static Map<String, String> slurm(String tasksPerNode, int node) {
        return Map.of("SLURM_PROCID", "0", "SLURM_NTASKS", "12", "SLURM_NTASKS_PER_NODE", tasksPerNode, "SLURM_NODEID", "" + node,
                "SLURM_JOB_NODELIST", "a");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|',
            value = {"4 | 2 | 4", "4(x2) | 0 | 4", "4(x2) | 1 | 4", "4(x2),3 | 1 | 4", "4(x2),3 | 2 | 3",
                "2,1(x3) | 3 | 1"}) void slurm_gives_the_number_of_tasks_of_each_machine(
                        String list, int node, int tasks) {
        assertThat(Launch.of(slurm(list, node)).localRanks()).isEqualTo(tasks);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "4(2)", "4(x2", "4,", "x", "0", "99999999999"}) void a_wrong_list_of_slurm_is_refused_with_its_name(
            String list) {
        assertThatIllegalStateException().isThrownBy(() -> Launch.of(slurm(list, 0)))
                .withMessageMatching("(?s).*(SLURM_NTASKS_PER_NODE|LOCAL_WORLD_SIZE).*");
    }

    @Test void both_kinds_of_mpi_are_known() {
        assertThat(Launch.of(Map.of("OMPI_COMM_WORLD_RANK", "2", "OMPI_COMM_WORLD_SIZE", "4", "OMPI_COMM_WORLD_LOCAL_RANK", "0",
                "OMPI_COMM_WORLD_LOCAL_SIZE", "2", "MASTER_ADDR", "a"))).isEqualTo(new Launch(2, 4, 0, 2, "a", 29500, false, 0));
        assertThat(Launch.of(Map.of("PMI_RANK", "2", "PMI_SIZE", "4", "MPI_LOCALRANKID", "1", "MASTER_ADDR", "a", "MASTER_PORT", "7")))
                .isEqualTo(new Launch(2, 4, 1, 1, "a", 7, false, 0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"}) void a_missing_variable_is_named(String name) {
        var environment = new HashMap<>(BY_HAND);
        environment.remove(name);
        assertThatIllegalStateException().isThrownBy(() -> Launch.of(environment)).withMessageContaining(name + " is missing");
    }

    @Test void an_environment_without_a_launcher_says_how_to_start_one() {
        assertThatIllegalStateException().isThrownBy(() -> Launch.of(Map.of())).withMessageContaining("torchrun --no-python");
    }

    @Test void mpi_without_an_address_names_the_variable() {
        assertThatIllegalStateException().isThrownBy(() -> Launch.of(Map.of("PMI_RANK", "0", "PMI_SIZE", "2")))
                .withMessageContaining("MASTER_ADDR is missing");
    }

    @ParameterizedTest
    @CsvSource({"WORLD_SIZE,0", "RANK,3", "RANK,-1", "MASTER_PORT,0", "MASTER_PORT,65536", "LOCAL_RANK,-1", "LOCAL_WORLD_SIZE,0",
        "MASTER_ADDR,' '", "RANK,first", "MASTER_PORT,4x"}) void a_wrong_value_is_refused_with_its_name(String name, String value) {
        assertThatIllegalStateException().isThrownBy(() -> Launch.of(with(name, value))).withMessageContaining(name);
    }

    @Test void wrong_arguments_are_refused() {
        assertThatIllegalArgumentException().isThrownBy(() -> Launch.of(2, 2, "a", 1)).withMessageContaining("from 0 to 1, not 2");
    }
}
