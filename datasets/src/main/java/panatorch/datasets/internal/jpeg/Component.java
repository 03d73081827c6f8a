package panatorch.datasets.internal.jpeg;

/** A colour component of an image: how it is sampled, and its samples or coefficients. */
final class Component {
    /** The side of a block of samples. */
    static final int SIDE = 8;

    final int id, horizontal, vertical, quantization;
    /** The size that holds the image's samples, without what fills the last blocks. */
    final int width, height;
    /** The number of blocks of the image, and the number in memory, which fill whole units of an interleaved scan. */
    final int blocksAcross, blocksDown, blockStride;
    /** Row by row, {@code stride} bytes each. */
    final byte[] samples;
    final int stride;
    /** The coefficients of a progressive image, 64 for each block; otherwise empty. */
    final short[] coefficients;

    /** The tables of the current scan. */
    HuffmanTable differences = HuffmanTable.NONE, runs = HuffmanTable.NONE;
    /** The quantization table when the component was first scanned, in zigzag order; empty before. */
    int[] steps = {};
    /** The last block's first coefficient. */
    int previous;

    /**
     * Allocates a component.
     *
     * @param horizontal sampling factor across
     * @param vertical sampling factor down
     */
    Component(int id, int horizontal, int vertical, int quantization, Frame.Size image, boolean progressive) {
        this.id = id;
        this.horizontal = horizontal;
        this.vertical = vertical;
        this.quantization = quantization;
        width = Frame.ceil(image.width() * horizontal, image.horizontal());
        height = Frame.ceil(image.height() * vertical, image.vertical());
        blocksAcross = Frame.ceil(width, SIDE);
        blocksDown = Frame.ceil(height, SIDE);
        blockStride = image.unitsAcross() * horizontal;
        stride = blockStride * SIDE;
        int blocks = Math.multiplyExact(blockStride, image.unitsDown() * vertical);
        samples = new byte[Math.multiplyExact(blocks, SIDE * SIDE)];
        coefficients = progressive ? new short[Math.multiplyExact(blocks, SIDE * SIDE)] : new short[0];
    }
}
