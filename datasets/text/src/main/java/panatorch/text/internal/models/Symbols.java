package panatorch.text.internal.models;

import java.util.Arrays;

/** The symbols of a piece, which byte-pair encoding merges until no pair of neighbours can be. */
final class Symbols {
    /** The largest number of symbols that are searched for the best pair; more go into a heap. */
    private static final int FEW = 256;
    private static final int NONE = Integer.MAX_VALUE;

    private final Merges merges;
    private int[] ids, lengths;
    private int size;

    Symbols(Merges merges, int room) {
        this.merges = merges;
        ids = new int[room];
        lengths = new int[room];
    }

    /** Appends a symbol with the number of bytes that it stands for. */
    void add(int id, int length) {
        if (size == ids.length) {
            ids = Arrays.copyOf(ids, 2 * size + 4);
            lengths = Arrays.copyOf(lengths, 2 * size + 4);
        }
        ids[size] = id;
        lengths[size++] = length;
    }

    int size() { return size; }

    int id(int i) { return ids[i]; }

    /** Returns the number of bytes that a symbol stands for. */
    int length(int i) { return lengths[i]; }

    /** Merges the pair of the smallest rank, the leftmost of equal ones, again and again. */
    void mergeAll() {
        if (size <= FEW) mergeFew();
        else mergeMany();
    }

    private void mergeFew() {
        var places = new int[size];
        var ranks = new int[size];
        for (int i = 0; i < size - 1; i++) look(i, places, ranks);
        while (size > 1) {
            int best = 0;
            for (int i = 1; i < size - 1; i++) if (ranks[i] < ranks[best]) best = i;
            if (ranks[best] == NONE) return;
            ids[best] = merges.merged(places[best]);
            lengths[best] += lengths[best + 1];
            int after = --size - best - 1;
            System.arraycopy(ids, best + 2, ids, best + 1, after);
            System.arraycopy(lengths, best + 2, lengths, best + 1, after);
            System.arraycopy(places, best + 2, places, best + 1, after);
            System.arraycopy(ranks, best + 2, ranks, best + 1, after);
            if (best + 1 < size) look(best, places, ranks);
            if (best > 0) look(best - 1, places, ranks);
        }
    }

    private void look(int i, int[] places, int[] ranks) {
        places[i] = merges.find(ids[i], ids[i + 1]);
        ranks[i] = places[i] < 0 ? NONE : merges.rank(places[i]);
    }

    /** Does the same in n log n steps: a heap of ranks and positions, whose outdated entries are left out when they come up. */
    private void mergeMany() {
        var next = new int[size];
        var previous = new int[size];
        var heap = new LongHeap(size);
        for (int i = 0; i < size; i++) {
            next[i] = i + 1;
            previous[i] = i - 1;
        }
        for (int i = 0; i < size - 1; i++) offer(heap, i, i + 1);
        while (!heap.isEmpty()) {
            long top = heap.poll();
            int i = (int) top, rank = (int) (top >>> 32);
            int right = lengths[i] == 0 ? size : next[i];
            if (right == size) continue;
            int place = merges.find(ids[i], ids[right]);
            if (place < 0 || merges.rank(place) != rank) continue;
            ids[i] = merges.merged(place);
            lengths[i] += lengths[right];
            lengths[right] = 0;
            next[i] = next[right];
            if (next[i] < size) {
                previous[next[i]] = i;
                offer(heap, i, next[i]);
            }
            if (previous[i] >= 0) offer(heap, previous[i], i);
        }
        int kept = 0;
        for (int i = 0; i < size; i++) {
            if (lengths[i] == 0) continue;
            ids[kept] = ids[i];
            lengths[kept++] = lengths[i];
        }
        size = kept;
    }

    private void offer(LongHeap heap, int i, int right) {
        int place = merges.find(ids[i], ids[right]);
        if (place >= 0) heap.add((long) merges.rank(place) << 32 | i);
    }

    /** A heap that gives the smallest number first. */
    private static final class LongHeap {
        private long[] heap;
        private int size;

        LongHeap(int room) {
            heap = new long[room];
        }

        boolean isEmpty() { return size == 0; }

        void add(long value) {
            if (size == heap.length) heap = Arrays.copyOf(heap, 2 * size);
            int at = size++;
            for (int parent; at > 0 && heap[parent = at - 1 >>> 1] > value; at = parent) heap[at] = heap[parent];
            heap[at] = value;
        }

        long poll() {
            long top = heap[0], last = heap[--size];
            int at = 0;
            for (int child; (child = 2 * at + 1) < size; at = child) {
                if (child + 1 < size && heap[child + 1] < heap[child]) child++;
                if (heap[child] >= last) break;
                heap[at] = heap[child];
            }
            heap[at] = last;
            return top;
        }
    }
}
