package panatorch.datasets;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Tensor;
import panatorch.Torch;

/** The rules of {@link Collate#merge}. */
final class Merging {
    private Merging() {}

    static Map<String, ?> maps(List<? extends Map<String, ?>> items, Set<String> kept) {
        Map<String, ?> first = items.getFirst();
        for (String name : kept)
            if (!first.containsKey(name))
                throw new IllegalArgumentException("the items have no value " + name + " to keep as a list; they have " + first.keySet());
        var result = new LinkedHashMap<String, Object>();
        mapOf("", items, kept).forEach((name, value) -> result.put(String.valueOf(name), value));
        return result;
    }

    private static Map<Object, Object> mapOf(String path, List<? extends Map<?, ?>> items, Set<String> kept) {
        Map<?, ?> first = items.getFirst();
        for (int i = 1; i < items.size(); i++)
            if (!items.get(i).keySet().equals(first.keySet()))
                throw new IllegalArgumentException(
                        "item 0 of the batch has the values " + first.keySet() + " and item " + i + " has " + items.get(i).keySet()
                                + (path.isEmpty() ? "" : " in " + path) + "; they must be the same");
        var result = new LinkedHashMap<Object, Object>();
        for (Object name : first.keySet()) {
            var column = new ArrayList<@Nullable Object>();
            for (Map<?, ?> item : items) column.add(item.get(name));
            String at = path.isEmpty() ? String.valueOf(name) : path + "." + name;
            result.put(name, kept.contains(at) ? column : merge(at, column, kept));
        }
        return result;
    }

    static Object merge(String name, List<?> values, Set<String> kept) {
        if (values.isEmpty()) throw new IllegalArgumentException("there are no values to collate");
        for (int i = 0; i < values.size(); i++)
            if (values.get(i) == null) throw new IllegalArgumentException(name + " of item " + i + " of the batch is null");
        return switch (values.getFirst()) {
            case Tensor _ -> stack(name, all(name, values, Tensor.class));
            case Map<?, ?> _ -> mapOf(name, maps(name, values), kept);
            case List<?> _ -> transposed(name, lists(name, values), kept);
            case Boolean _ -> {
                List<Boolean> all = all(name, values, Boolean.class);
                yield Torch.tensor(booleans(all));
            }
            case Float _ -> {
                List<Float> all = all(name, values, Float.class);
                var numbers = new float[all.size()];
                for (int i = 0; i < numbers.length; i++) numbers[i] = all.get(i);
                yield Torch.tensor(numbers);
            }
            case Double _ -> Torch.tensor(all(name, values, Number.class).stream().mapToDouble(Number::doubleValue).toArray());
            case Long _,Integer _,Short _,Byte _ -> Torch.tensor(whole(name, values));
            case float[] _ -> stack(name, all(name, values, float[].class).stream().map(a -> Torch.tensor(a)).toList());
            case double[] _ -> stack(name, all(name, values, double[].class).stream().map(a -> Torch.tensor(a)).toList());
            case long[] _ -> stack(name, all(name, values, long[].class).stream().map(a -> Torch.tensor(a)).toList());
            case int[] _ -> stack(name, all(name, values, int[].class).stream().map(a -> Torch.tensor(a)).toList());
            default -> List.copyOf(values);
        };
    }

    private static boolean[] booleans(List<Boolean> all) {
        var result = new boolean[all.size()];
        for (int i = 0; i < result.length; i++) result[i] = all.get(i);
        return result;
    }

    private static long[] whole(String name, List<?> values) {
        return all(name, values, Number.class).stream().mapToLong(n -> {
            if (n instanceof Double || n instanceof Float)
                throw new IllegalArgumentException(name + " is a whole number in item 0 of the batch, but " + n + " in another one");
            return n.longValue();
        }).toArray();
    }

    /** Returns the values as those of one type, or says which is of another one. */
    private static <T> List<T> all(String name, List<?> values, Class<T> type) {
        for (int i = 0; i < values.size(); i++) {
            Object value = values.get(i);
            if (!type.isInstance(value))
                throw new IllegalArgumentException(name + " is a " + values.getFirst().getClass().getSimpleName()
                        + " in item 0 of the batch, but a " + value.getClass().getSimpleName() + " in item " + i);
        }
        return values.stream().map(type::cast).toList();
    }

    private static List<Map<?, ?>> maps(String name, List<?> values) {
        var result = new ArrayList<Map<?, ?>>();
        for (Map<?, ?> map : all(name, values, Map.class)) result.add(map);
        return result;
    }

    private static List<List<?>> lists(String name, List<?> values) {
        var result = new ArrayList<List<?>>();
        for (List<?> list : all(name, values, List.class)) result.add(list);
        return result;
    }

    private static Tensor stack(String name, List<Tensor> tensors) {
        Tensor first = tensors.getFirst();
        for (int i = 1; i < tensors.size(); i++) {
            Tensor t = tensors.get(i);
            if (!Arrays.equals(first.shape(), t.shape()) || first.dtype() != t.dtype())
                throw new IllegalArgumentException(name + " is " + first.describe() + " in item 0 of the batch, but " + t.describe()
                        + " in item " + i + "; leave it a list by Collate.lists(\"" + name + "\"), or give the items one shape");
        }
        return Aten.stack(tensors, 0);
    }

    private static Object transposed(String name, List<? extends List<?>> lists, Set<String> kept) {
        int length = lists.getFirst().size();
        for (int i = 1; i < lists.size(); i++)
            if (lists.get(i).size() != length)
                throw new IllegalArgumentException(name + " has " + length + " elements in item 0 of the batch, but " + lists.get(i).size()
                        + " in item " + i + "; leave it a list by Collate.lists(\"" + name + "\")");
        var result = new ArrayList<Object>();
        for (int e = 0; e < length; e++) {
            var column = new ArrayList<@Nullable Object>();
            for (List<?> list : lists) column.add(list.get(e));
            result.add(merge(name + "[" + e + "]", column, kept));
        }
        return result;
    }
}
