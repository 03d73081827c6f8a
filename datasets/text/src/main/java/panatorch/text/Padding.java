package panatorch.text;

import java.util.List;
import panatorch.text.internal.Field;
import panatorch.text.internal.Row;

/**
 * How shorter rows of tokens are filled.
 *
 * @param length length to fill up to, or {@link #LONGEST}
 * @param multipleOf number that the length is rounded up to a multiple of; 1 leaves it
 * @param id id of the padding token
 * @param typeId type of the padding token
 * @param token the padding token
 * @param left whether rows are filled at the beginning; otherwise at the end
 */
public record Padding(int length, int multipleOf, int id, int typeId, String token, boolean left) {
    /** Fills up to the longest row of a batch. */
    public static final int LONGEST = -1;

    private static final int MOST = 1 << 24;

    /**
     * Makes a padding.
     *
     * @throws IllegalArgumentException if {@code length} is negative but not {@link #LONGEST}, {@code multipleOf} is below 1, or one of
     * them is larger than 16,777,216
     */
    public Padding {
        if (length < LONGEST || length > MOST)
            throw new IllegalArgumentException("length must be from 0 to " + MOST + ", or LONGEST, but is " + length);
        if (multipleOf < 1 || multipleOf > MOST)
            throw new IllegalArgumentException("multipleOf must be from 1 to " + MOST + ", but is " + multipleOf);
    }

    /** Makes a padding at the end to the longest row of a batch. */
    public static Padding longest(int id, String token) {
        return new Padding(LONGEST, 1, id, 0, token, false);
    }

    /** Returns the rows of a batch, each filled up as this says; the arguments stay as they are. */
    public List<Encoding> fill(List<Encoding> batch) {
        int longest = batch.stream().mapToInt(Encoding::size).max().orElse(0);
        return batch.stream().map(encoding -> {
            Row row = encoding.row().copy();
            fill(row, longest);
            return new Encoding(row);
        }).toList();
    }

    /** Fills a row up, where the longest row of its batch has a length. */
    void fill(Row row, int longest) {
        int to = Math.ceilDiv(length == LONGEST ? longest : length, multipleOf) * multipleOf;
        row.pad(to, id, typeId, token, left);
    }

    private enum Direction {
        Left, Right
    }

    /** Reads the field {@code padding}, which is an object. */
    static Padding read(Field field) {
        Field strategy = field.get("strategy"), multiple = field.get("pad_to_multiple_of");
        int length = LONGEST;
        if (strategy.isObject()) length = strategy.get("Fixed").integer();
        else if (!strategy.string().equals("BatchLongest")) throw strategy.wrong("BatchLongest or an object with Fixed");
        try {
            return read(field, length, multiple);
        } catch (IllegalArgumentException e) {
            throw field.wrong(e);
        }
    }

    private static Padding read(Field field, int length, Field multiple) {
        return new Padding(length, multiple.isNull() ? 1 : Math.max(1, multiple.integer()), field.get("pad_id").integer(),
                field.get("pad_type_id").integer(), field.get("pad_token").string(),
                field.get("direction").constant(Direction.class) == Direction.Left);
    }
}
