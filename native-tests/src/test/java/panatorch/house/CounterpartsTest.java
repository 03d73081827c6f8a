package panatorch.house;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;

import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Names of Python's libraries whose counterpart here has another name or another form: {@code native-tests/coverage/counterparts.json} maps
 * {@code torch.x.y} to {@code package.Class} or {@code package.Class#member}, several with commas between them. A name that is the same in both
 * languages isn't there.
 */
final class CounterpartsTest {
    private static final Path FILE = Sources.ROOT.resolve("native-tests/coverage/counterparts.json");

    @TestFactory
    Stream<DynamicTest> every_counterpart_is_a_public_class_or_member() throws IOException {
        return counterparts().entrySet().stream().map(e -> dynamicTest(e.getKey(), () -> {
            for (String target : e.getValue().split(", ")) {
                int hash = target.indexOf('#');
                Class<?> type = type(hash < 0 ? target : target.substring(0, hash));
                assertThat(Modifier.isPublic(type.getModifiers())).as("%s is public", type).isTrue();
                if (hash >= 0) assertThat(members(type)).as("public members of %s", type.getName()).contains(target.substring(hash + 1));
            }
        }));
    }

    @Test void names_are_in_order_and_only_once() throws IOException {
        var written = new ObjectMapper().readTree(FILE.toFile()).fieldNames();
        var names = new ArrayList<String>();
        written.forEachRemaining(names::add);
        assertThat(names).isSorted().doesNotHaveDuplicates().isNotEmpty();
    }

    private static Map<String, String> counterparts() throws IOException {
        return new ObjectMapper().readValue(FILE.toFile(), new TypeReference<TreeMap<String, String>>() {
        });
    }

    /** The class of a name as it stands in Java's source: a dot before a nested class, too. */
    private static Class<?> type(String name) throws ClassNotFoundException {
        try {
            return Class.forName(name, false, CounterpartsTest.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            int dot = name.lastIndexOf('.');
            if (dot < 0 || !Character.isUpperCase(name.charAt(name.lastIndexOf('.', dot - 1) + 1))) throw e;
            return type(name.substring(0, dot) + "$" + name.substring(dot + 1));
        }
    }

    private static List<String> members(Class<?> type) {
        Stream<String> methods = Arrays.stream(type.getMethods()).map(Method::getName);
        return Stream.concat(methods, Arrays.stream(type.getFields()).map(Field::getName)).distinct().toList();
    }
}
