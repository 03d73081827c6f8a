package panatorch.nn;

import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/**
 * The replacement of a module inside another: in its parent, and wherever fields of the modules around it hold it. All checks precede the
 * first change.
 */
final class Replacement {
    private final Module root, old, now;
    private final String path;
    private final Set<Module> tree, searched = identities(List.of());
    private final List<Runnable> changes = new ArrayList<>();

    static void make(Module root, String path, Module now) {
        int dot = path.lastIndexOf('.');
        Module parent = root.submodule(dot < 0 ? "" : path.substring(0, dot));
        String name = path.substring(dot + 1);
        Module old = parent.namedChildren().get(name);
        if (old == null)
            throw new IllegalArgumentException("there is no module '" + path + "' to replace: " + parent.name() + " has the children "
                    + parent.namedChildren().keySet());
        if (old == now) return;
        if (now.modules().contains(parent))
            throw new IllegalArgumentException("the new module for '" + path + "' contains " + parent.name() + ", which would contain it");
        if (parent instanceof Masked && old instanceof MaskSource)
            throw new IllegalStateException("'" + path + "' is a source of dropout masks. Replace it by setMasks of the layer");
        parent.replacingChild(name, now);
        new Replacement(root, path, old, now).make(parent, name);
    }

    /**
     * Replaces modules by what the factory makes of them, except where it returns the same module and inside of those that are replaced.
     *
     * @param places modules by their prefixes, as {@code layer1.0.}, outer before inner
     */
    static int all(Module root, Map<String, Module> places, UnaryOperator<Module> factory) {
        var made = new IdentityHashMap<Module, Module>();
        String outer = null;
        int count = 0;
        for (var place : places.entrySet()) {
            if (outer != null && place.getKey().startsWith(outer)) continue;
            outer = place.getKey();
            Module old = place.getValue();
            Module module = made.computeIfAbsent(old, m -> Objects.requireNonNull(factory.apply(m), "the factory returned null"));
            if (module == old) continue;
            root.setChild(outer.substring(0, outer.length() - 1), module);
            count++;
        }
        return count;
    }

    private Replacement(Module root, String path, Module old, Module now) {
        this.root = root;
        this.path = path;
        this.old = old;
        this.now = now;
        tree = identities(root.modules());
    }

    private static Set<Module> identities(Collection<Module> modules) {
        Set<Module> all = Collections.newSetFromMap(new IdentityHashMap<>());
        all.addAll(modules);
        return all;
    }

    private void make(Module parent, String name) {
        tree.forEach(this::searchFields);
        long places = tree.stream().flatMap(m -> m.namedChildren().values().stream()).filter(m -> m == old).count();
        if (places > 1 && !changes.isEmpty())
            throw new IllegalStateException(refusal() + "it is registered " + places
                    + " times, and fields hold it, so it is not known which of them mean '" + path
                    + "'. Let forward ask submodule(name) instead");
        parent.putChild(name, now);
        changes.forEach(Runnable::run);
        for (Module m : now.modules()) if (!tree.contains(m)) m.setTraining(old.isTraining());
        closeRest();
    }

    private String refusal() { return "'" + path + "' of " + root.name() + " cannot be replaced: "; }

    // ---- where the old module is held

    private void searchFields(Module holder) {
        if (!searched.add(holder)) return;
        for (Class<?> c = holder.getClass(); c != null && c != Module.class; c = c.getSuperclass())
            for (Field field : c.getDeclaredFields()) {
                if (Modifier.isStatic(field.getModifiers()) || field.getType().isPrimitive()) continue;
                if (field.trySetAccessible()) search(holder, field);
                else
                    if (couldHold(field.getType()))
                        throw new IllegalStateException(
                                refusal() + "its field " + nameOf(field) + " may hold the old module and cannot be read. "
                                        + "Let the module-info say 'opens " + c.getPackageName() + " to panatorch.nn'");
            }
    }

    private static boolean couldHold(Class<?> type) {
        Class<?> c = type.isArray() ? type.componentType() : type;
        return Module.class.isAssignableFrom(c) || c.isAssignableFrom(Module.class) || Collection.class.isAssignableFrom(c)
                || Map.class.isAssignableFrom(c);
    }

    private static String nameOf(Field field) { return field.getDeclaringClass().getSimpleName() + "." + field.getName(); }

    private void search(Module holder, Field field) {
        Object value = get(field, holder);
        if (value == old) {
            if (Modifier.isFinal(field.getModifiers()))
                throw new IllegalStateException(refusal() + "the field " + nameOf(field) + " is final and would keep the old "
                        + old.name() + ". Declare it without final, or let forward call submodule(name) in place of it");
            requireType(field, field.getType());
            changes.add(() -> set(field, holder));
        } else if (value instanceof Module m) {
            searchGroup(m, field);
        } else if (value instanceof Object[] array) {
            for (int i = 0; i < array.length; i++) {
                int place = i;
                found(array[i], field, () -> {
                    requireType(field, array.getClass().componentType());
                    changes.add(() -> Array.set(array, place, now));
                });
            }
        } else if (value instanceof List<?> list) {
            for (int i = 0; i < list.size(); i++) {
                int place = i;
                found(list.get(i), field, () -> exchange(field, list, place));
            }
        } else if (value instanceof Map<?, ?> map) {
            for (var entry : map.entrySet()) found(entry.getValue(), field, () -> exchange(field, entry));
        } else if (value instanceof Collection<?> others) {
            for (Object element : others) found(element, field, () -> { throw unchangeable(field); });
        }
    }

    private void found(@Nullable Object element, Field field, Runnable exchange) {
        if (element == old) exchange.run();
        else if (element instanceof Module m) searchGroup(m, field);
    }

    @SuppressWarnings("unchecked") private void exchange(Field field, List<?> list, int place) {
        try {
            ((List<Module>) list).set(place, old); // as a test of whether the list can be changed
        } catch (UnsupportedOperationException e) {
            throw unchangeable(field);
        }
        changes.add(() -> ((List<Module>) list).set(place, now));
    }

    @SuppressWarnings("unchecked") private void exchange(Field field, Map.Entry<?, ?> entry) {
        try {
            ((Map.Entry<?, Module>) entry).setValue(old);
        } catch (UnsupportedOperationException e) {
            throw unchangeable(field);
        }
        changes.add(() -> ((Map.Entry<?, Module>) entry).setValue(now));
    }

    private IllegalStateException unchangeable(Field field) {
        return new IllegalStateException(refusal() + "the field " + nameOf(field)
                + " is a collection that cannot be changed, and holds the old " + old.name()
                + ". Use an array or ArrayList, or let forward call submodule(name) in place of it");
    }

    private void requireType(Field field, Class<?> type) {
        if (!type.isInstance(now))
            throw new IllegalStateException(refusal() + "the field " + nameOf(field) + " holds it as a " + type.getSimpleName()
                    + ", and the new module is a " + now.name() + ". Declare the field as Module, or pass a " + type.getSimpleName());
    }

    /** Exchanges the old module in a module that is no child, but only groups modules of the tree, as a network's head. */
    private void searchGroup(Module group, Field field) {
        if (tree.contains(group) || !searched.add(group)) return;
        List<Module> outside = group.modules().stream().filter(m -> !tree.contains(m)).toList();
        if (!group.modules().contains(old)) return;
        if (outside.stream().anyMatch(m -> m.namedChildren().isEmpty() || !m.ownParameters().isEmpty() || !m.ownBuffers().isEmpty()))
            throw new IllegalStateException(refusal() + "the field " + nameOf(field) + " holds a " + group.name()
                    + " that contains it, and is no child of " + root.name() + ". Replace it there first");
        for (Module m : outside) {
            searched.remove(m);
            searchFields(m);
            m.namedChildren().forEach((name, child) -> { if (child == old) changes.add(() -> m.putChild(name, now)); });
        }
    }

    private static @Nullable Object get(Field field, Module holder) {
        try {
            return field.get(holder);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    private void set(Field field, Module holder) {
        try {
            field.set(holder, now);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    // ---- what is no longer part of the module

    private void closeRest() {
        Set<Module> kept = identities(root.modules());
        List<Module> gone = old.modules().stream().filter(m -> !kept.contains(m)).toList();
        Set<Tensor> tensors = Collections.newSetFromMap(new IdentityHashMap<>());
        tensors.addAll(root.createdParameters().values());
        tensors.addAll(root.namedBuffers().values());
        boolean all = gone.size() == old.modules().size() && old.createdParameters().values().stream().noneMatch(tensors::contains)
                && old.namedBuffers().values().stream().noneMatch(tensors::contains);
        if (all) old.close();
        String network = root.name();
        for (Module m : gone) {
            m.ownParameters().values().forEach(t -> close(t, tensors));
            m.ownBuffers().values().forEach(t -> close(t, tensors));
            m.hooks().beforeForward((module, inputs) -> {
                throw new IllegalStateException("this " + module.name() + " is closed: '" + path + "' of " + network
                        + " was replaced. Call the module that replaces it, submodule(\"" + path + "\")");
            });
        }
    }

    private static void close(@Nullable Tensor t, Set<Tensor> kept) { if (t != null && !kept.contains(t)) t.close(); }
}
