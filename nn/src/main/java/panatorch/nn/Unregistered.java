package panatorch.nn;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Finds modules that fields of a network hold and nobody registered. Python registers what is assigned to an attribute; here it would go
 * unnoticed that such a module is neither trained nor saved.
 */
final class Unregistered {
    private Unregistered() {}

    /** The fields of a class that can hold modules. */
    private static final ClassValue<List<Field>> FIELDS = new ClassValue<>() {
        @Override protected List<Field> computeValue(Class<?> type) {
            var fields = new ArrayList<Field>();
            for (Class<?> c = type; c != null && c != Module.class; c = c.getSuperclass())
                for (Field field : c.getDeclaredFields())
                    if ((field.getModifiers() & (Modifier.STATIC | Modifier.TRANSIENT)) == 0 && !field.isSynthetic()
                            && couldHold(field.getType())
                            && field.trySetAccessible())
                        fields.add(field);
            return List.copyOf(fields);
        }
    };

    private static boolean couldHold(Class<?> type) {
        Class<?> c = type.isArray() ? type.componentType() : type;
        return Module.class.isAssignableFrom(c) || Collection.class.isAssignableFrom(c) || Map.class.isAssignableFrom(c);
    }

    /**
     * Looks at the fields of a module and of all modules inside.
     *
     * @throws IllegalStateException if one holds a module that is not registered and has tensors or drops; the message names it
     */
    static void check(Module root) {
        List<Module> tree = root.modules();
        Set<Module> registered = Collections.newSetFromMap(new IdentityHashMap<>());
        registered.addAll(tree);
        for (Module m : tree) for (Field field : FIELDS.get(m.getClass())) check(m, field, registered);
    }

    private static void check(Module holder, Field field, Set<Module> registered) {
        for (Object value : held(field, holder))
            if (value instanceof Module m)
                for (Module inner : m.modules())
                    if (!registered.contains(inner) && matters(inner)) throw unregistered(field, inner);
    }

    private static Collection<?> held(Field field, Module holder) {
        Object value;
        try {
            value = field.get(holder);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
        return switch (value) {
            case null -> List.of();
            case Object[] array -> Arrays.asList(array);
            case Collection<?> all -> all;
            case Map<?, ?> map -> map.values();
            default -> List.of(value);
        };
    }

    /** Returns whether it makes a difference that a module itself is not registered. */
    private static boolean matters(Module m) {
        return m instanceof Masked || m instanceof Lazy || m.ownParameters().values().stream().anyMatch(Objects::nonNull)
                || m.ownBuffers().values().stream().anyMatch(Objects::nonNull);
    }

    private static IllegalStateException unregistered(Field field, Module m) {
        String name = field.getName(), type = m.name();
        boolean single = Module.class.isAssignableFrom(field.getType());
        return new IllegalStateException("the field " + field.getDeclaringClass().getSimpleName() + "." + name + " holds a " + type
                + " that is not registered, so it would be neither trained, saved nor moved. Register it in the constructor, "
                + (single ? "as in " + name + " = child(\"" + name + "\", new " + type + "(…))"
                        : "each by child(name, module), or all by child(\"" + name + "\", new ModuleList(…))")
                + "; if it is meant to stay outside, declare the field transient");
    }
}
