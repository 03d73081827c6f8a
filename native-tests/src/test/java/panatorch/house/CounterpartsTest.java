package panatorch.house;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.reflect.Member;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Names of Python's libraries whose counterpart here has another name or another form: {@code native-tests/coverage/counterparts.json} maps
 * {@code torch.x.y} to {@code package.Class} or {@code package.Class#member}, several with commas between them. A name that is the same in
 * both languages isn't there.
 */
final class CounterpartsTest {
    private static final Path FILE = Sources.ROOT.resolve("native-tests/coverage/counterparts.json");

    @TestFactory Stream<DynamicTest> every_counterpart_is_a_class_or_member_that_users_see() throws IOException {
        return counterparts().entrySet().stream().map(e -> dynamicTest(e.getKey(), () -> {
            for (String target : e.getValue().split(", ")) {
                int hash = target.indexOf('#');
                Class<?> type = type(hash < 0 ? target : target.substring(0, hash));
                assertThat(Modifier.isPublic(type.getModifiers())).as("%s is public", type).isTrue();
                if (hash >= 0) assertThat(members(type)).as("members of %s", type.getName()).contains(target.substring(hash + 1));
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

    /** The names of all methods and fields that a user calls or overrides. */
    private static Set<String> members(Class<?> type) {
        var names = new TreeSet<String>();
        for (Class<?> c = type; c != null; c = c.getSuperclass()) {
            Stream.<Member>concat(Arrays.stream(c.getDeclaredMethods()), Arrays.stream(c.getDeclaredFields()))
                    .filter(m -> (m.getModifiers() & (Modifier.PUBLIC | Modifier.PROTECTED)) != 0).map(Member::getName).forEach(names::add);
        }
        for (Class<?> i : type.getInterfaces()) names.addAll(members(i));
        return names;
    }
}
