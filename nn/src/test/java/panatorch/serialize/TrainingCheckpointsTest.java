package panatorch.serialize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.junit.NoTensorLeaks;

/**
 * Checkpoints of training programs, which hold more than weights. {@code torch.save} of PyTorch 2.13 wrote the files, which are compressed
 * here.
 */
@NoTensorLeaks
class TrainingCheckpointsTest {
    /**
     * {@code {'state_dict': {'w': ones(2)}, 'acc': float64(0.5), 'n': int32(-7), 'b': bool_(True), 'f': float32(1.25), 'h': float16(-2.5),
     * 'args': Namespace(lr=0.1, name='x'), 'ns': SimpleNamespace(k=2), 'path': PurePosixPath('/a/b.txt'), 'rel': PurePosixPath('c/d'),
     * 'dd': defaultdict(list, {'k': [1, 2]})}}.
     */
    private static final String PLAIN =
            "eNqlVU1vG0UYHtuJky75aEsDKYQWKB9OaR2vY7sJJKQ1xYUuTZ0JhaVQltnZcbzqeu13d9wmiEitUFx6QAIOSHBA/Q8cUE+o5Bdw"
                    + "4IK4ceLEmRPMjB3XHyEVZaz1jMbv87zPzjzv66IRG0BoeBj1jTF0CNU84vozDuEkWbvqFfL70eWecSO6CShhagIQcsKZ5biUQ2QT"
                    + "omZE7F2HGOXVgJaTVp27XqhZAbPrrudYnPlhNbCupTUYSCTMIUVQDcgag8EmRCt4VcJXm5saxBVhCobMmJhprQ7DRpTDvhUDGdEt"
                    + "0IzIFjxym9Kq5zHK3aofahcDhwXMOSskaTAyjWGUwxiG8VBREEphP/XrldpG0qLVgCUrdY+7JAjIhhZS4pFAgwPNAM3hGzUh4qAZ"
                    + "FcjSHDx6+7NbcAjDRMKIKWEL8Njy8vL5v8VQXwbi8LhNBbHDaKgxXy40mDT3tU94+84SHDbjYuUR7vo6PNGAJzFMNeApDEcUqw9H"
                    + "ywfKzaxuBp6WWZ/B8KzIWu7Pd8wuT5ryKrfvbv8oP/BcWXA+j+GFBryIIaE4bZhuc9o6HJecL2E4sfMmn8DJPuakZJY/RmBGUqYw"
                    + "6A1IY5hVuyXItClLGchKyhyGU7vLnJNkg+oIfhJHMC8JX8bwSgMWMCwqwjK8ep8wDUuS8DSGM7sT5iVhTB3pTXhN0p3F8HoDChjO"
                    + "mQPyqoO1EN6gYqqRIGTaMqmwsEaouJA3p2/C+U0wEiqXF8Bb55bufiPHtwrqi1C4oEStw3LdVmF+CBepdESorbqVmsc6CIvCZyub"
                    + "gBXkKqwa0dBWTDXCy/A2lZPn2lqxHrBiNXTXi2JDg0sqfgbeUTOBd9UJ2Um+zsG8Be9huKxeMWAevF9uRlP4QM0OXGnAhxgsJc5x"
                    + "4KOuMnBYiQhnO6oMCLUsWYHCcJaleW4o9uwtoBic8uoVYAkjYkRZWE8WjaHh76fumL+KrPIp/munmEDHWp0iWaoGFcKtaywIRepC"
                    + "/mhfw+gZukzzw5+/farMhfZKM4nmd9K0OoVFPHfNrzCfF/LZB2XafeQyUsDSdfhDHl10TwHj6ExLgL3BWVU2l0J+8eHy7gzP5dxj"
                    + "UsPW4u+HZS+I76lhBJ3u6MozqUJ+4X8JQOjGknykgi9W4r/IlMN7KhhFiy0F7Vuef3gJs5rM/PN3a5cefP5TKLNjAPXyIQtc4YCP"
                    + "ibS55TqFfOo/C9Gzp9Jz+vx8VtfnsplcZjaVzqUyueysnsnqs3ounc5kU7lUSqr8vHThXkLoSCiVESm2rbOzUsb6lHf/j/ZiO+0/"
                    + "0YU7PoB2r6xeik4DT3ZRfHmfoq9qelk6LTjexXJwEPVavxfc6Z6RLvDXg6jLs73Iztsf7S75OOr2Wi+080qmuqBftaG7m6VoxOMn"
                    + "WrFHYifbuKGe+V6kOc+1NgROrf5qKWj2rMF4EzOk4pux/wDYYl9m";

    /** The same weights beside a subclass of dict, an object, a subclass of list, and an array of NumPy. */
    private static final String FOREIGN =
            "eNqlVMtu00AUnSRtEgz0xaO0QHmDyyONm1dLoUEBBQmj0gYhRWwsx56kBsfOtSeUIlUCoVC64wv4ARaw4wP4AFQkWLFjxYpPgBk7"
                    + "TW2HFigjOTMe33PuydxzZ16M9CAUj6OuMYCGUNW0sFYzJlSZyInGQ71Y6EP3feNpeAUQX+YowCYywZKqKQRCKxAuh+jeEkQUYlrK"
                    + "YkJqEk23OcnClaamqxLBhm1a0qNJDnp4vhxzCExLrmHodSFcUTdlctfd5CDqECYhVo7QWWk0IS6GCexaEJEYbgEnhlqwe01RTF3H"
                    + "CtFMw+buWCq2sHqDSuJgz3gJ9hLoK0G/7VJUazCg2GYdNyzzAcVw16s1DgbHn8GQk+sx7BNDdrmHxZpGFfb7g+kWBwdo9MEVGHYA"
                    + "MhyigIqz1mHEF36bg1Eae5gXQ2IYOwJky4IjitGsN5YTkkKPOlFv6kSj2/IyOyia1CZWk4k/6oZxhup+hTERteCYQmEqVmwOG2zB"
                    + "wXEndwVOlKNMg0w0Q4CTL+BUCU6vwpkSnGX5Iy041yZUyXKD4vhymMZXp2B87eUqnC/BBV6MOFxX4OLc3Nytn3Q4PyIicKmytni8"
                    + "PNJlmQ/v8u3VNUgs0rQTJUgSECrNxLwYi08svZnlaR72zG/pu2G0r+O7BF3UZSI9wpZNK1os9Afsd19gxO9/fH3OtLJna+JRlNsk"
                    + "bntNknX6WscGKRZSQe6/Gdk0E5Bfgu/sAMPbChhE+Y6AyjLBJrNnsTCzk7wbQ9cI0THT0Lr6bYQVPbqthj406+vqiWSxcPk/BCD0"
                    + "NM8epuDVQvQzSxnfVkE/muko6NQ1t1MJKY5lXn9du/fn8x9Dk5sGcP68jS2NOuCJzO4LSVOLhcQ/ChEyuckpYXo6IwhTmXQ2nUpO"
                    + "ZpPpZCaZy6aE9FRqWshkMtl0zqnQ2+kGT3XwjsoQE9vR6e2NgS7lwXs4iPY2wLAP+TiMtuqmIInXxKM+knUvSVfnBHm8Rhz08ZQi"
                    + "qLsBgnCvi/p88C8RFPBuEOv1Qb8Py27xgOu6dHvKM+YDf/KAf2+ceTEavbhhs8ilDjIWmD+G2mXpdWeKcz7dbAe4N1hv1MXEnHg3"
                    + "9hdANsWo";

    /** An object of a class of someone's project. */
    private static final String WHOLE =
            "eNoL8GZmYWDg4GDAAHwMIgzlGfk5qfopiSWJegXZOW5OAgxRaKCBKbk4Pze1oCg/KzW5hMs5Py+Nq5BBs7GQsbaQKYIRaE5iIbM3"
                    + "Y3GSXoA3O4dZrLm7FlAMhANw2izKIAy1WS8tvyg3sSS+LLWoODM/z82JH90BhiBjt7+/0wyyihGvsRIMljBji0vyixLTU+MTczLT"
                    + "83JT80rcnEwxvEYUMDMBOcC+vPAlE9AKJrwO4GdwhDogqbIkNb8oJbXIzcmWPHthICezpCQnFeSGVtvHkmxAW9jwuoGXwR7qBniY"
                    + "WlPiAmMukN0X56WHEva/DIMJLAJASUq/OLUoExgDVYklQHfEZ6a4ORmQ7BQDI0sDCxMzCzNzc3MzI0sjY0MDEwMDAzNTc0tzQzMT"
                    + "Q0NLM3NDc3MDkCvDH/1w0QC6QwPsSkaQY+HuRE6ZfBguR80H6HqRk58oir4quF60lIxuBHICkkAx4iLCCIxUi24KchLgRzEliJEB"
                    + "Pemha0aOQ14UzdfgmnG4HjlgZVDtZWLAG+UB3mxsOlC1csy6cH1saHQ7I4T+wQShgfrYQXQ9C4QPyfmsbBA9bGD1ELUAl4IBhQ==";

    @TempDir
    Path folder;

    private Path file(String base64) throws IOException {
        var inflater = new Inflater();
        inflater.setInput(Base64.getDecoder().decode(base64));
        var bytes = new byte[1 << 16];
        try {
            int n = inflater.inflate(bytes);
            return Files.write(folder.resolve("checkpoint.pt"), java.util.Arrays.copyOf(bytes, n));
        } catch (DataFormatException e) {
            throw new IOException(e);
        } finally {
            inflater.end();
        }
    }

    private static void hasWeights(Path file) throws IOException {
        try (var scope = Scope.open()) {
            Map<String, Tensor> weights = StateDicts.load(file);
            assertThat(weights).containsOnlyKeys("w");
            assertThat(Objects.requireNonNull(weights.get("w")).toFloatArray()).containsExactly(1, 1);
        }
    }

    @Test void numbers_of_numpy_arguments_paths_and_default_dicts_are_plain_data() throws IOException {
        Path f = file(PLAIN);
        hasWeights(f);
        try (var scope = Scope.open()) {
            var all = (Map<?, ?>) Objects.requireNonNull(TorchFile.load(f));
            assertThat(all.get("acc")).isEqualTo(0.5);
            assertThat(all.get("n")).isEqualTo(-7L);
            assertThat(all.get("b")).isEqualTo(true);
            assertThat(all.get("f")).isEqualTo(1.25);
            assertThat(all.get("h")).isEqualTo(-2.5);
            assertThat(all.get("args")).isEqualTo(Map.of("lr", 0.1, "name", "x"));
            assertThat(all.get("ns")).isEqualTo(Map.of("k", 2L));
            assertThat(all.get("path")).isEqualTo("/a/b.txt");
            assertThat(all.get("rel")).isEqualTo("c/d");
            assertThat(all.get("dd")).isEqualTo(Map.of("k", List.of(1L, 2L)));
        }
    }

    @Test void values_of_unknown_classes_do_not_hide_the_weights() throws IOException {
        Path f = file(FOREIGN);
        hasWeights(f);
        assertThatThrownBy(() -> TorchFile.load(f)).as("all of the file").isInstanceOf(MalformedFileException.class)
                .hasMessageContaining("someproject.Cfg");
        Path whole = file(WHOLE);
        assertThatThrownBy(() -> StateDicts.load(whole)).isInstanceOf(MalformedFileException.class)
                .hasMessageContaining("it asks for someproject.Conf").hasMessageContaining("save model.state_dict()");
    }
}
