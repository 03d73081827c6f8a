package panatorch.datasets.internal.webp;

/** A transform of a lossless picture, which is undone after decoding (RFC 9649, section 4). */
sealed interface Transform {
    /** Returns the width of the picture that is coded. */
    int codedWidth();

    /** Returns the pixels without the transform. */
    int[] undo(int[] argb, int height);

    /** Adds the four channels of two pixels. */
    static int add(int a, int b) {
        return (a & 0xFF00FF00) + (b & 0xFF00FF00) & 0xFF00FF00 | (a & 0xFF00FF) + (b & 0xFF00FF) & 0xFF00FF;
    }

    private static int tile(int[] tiles, int width, int bits, int x, int y) {
        return tiles[(y >> bits) * (width + (1 << bits) - 1 >> bits) + (x >> bits)];
    }

    /** Green was subtracted from red and blue. */
    record AddGreen(int codedWidth) implements Transform {
        @Override public int[] undo(int[] argb, int height) {
            for (int i = 0; i < argb.length; i++) {
                int green = argb[i] >> 8 & 0xFF;
                argb[i] = add(argb[i], green << 16 | green);
            }
            return argb;
        }
    }

    /** Multiples of green and red were subtracted from red and blue; the factors differ from tile to tile. */
    record Correlate(int codedWidth, int bits, int[] tiles) implements Transform {
        @Override public int[] undo(int[] argb, int height) {
            for (int y = 0, at = 0; y < height; y++) {
                for (int x = 0; x < codedWidth; x++, at++) {
                    int factors = tile(tiles, codedWidth, bits, x, y), pixel = argb[at], green = pixel >> 8;
                    int red = (pixel >> 16) + share(factors, green) & 0xFF;
                    int blue = pixel + share(factors >> 8, green) + share(factors >> 16, red) & 0xFF;
                    argb[at] = pixel & 0xFF00FF00 | red << 16 | blue;
                }
            }
            return argb;
        }

        private static int share(int factor, int colour) { return (byte) factor * (byte) colour >> 5; }
    }

    /** Indices stand in the green channel, several of few colours in one pixel. */
    record Palette(int width, int bits, int[] colours) implements Transform {
        @Override public int codedWidth() { return width + (1 << bits) - 1 >> bits; }

        @Override public int[] undo(int[] argb, int height) {
            var result = new int[width * height];
            int each = 8 >> bits, coded = codedWidth();
            for (int y = 0, at = 0; y < height; y++) {
                for (int x = 0; x < width; x++, at++) {
                    int index = argb[y * coded + (x >> bits)] >> 8 + (x & (1 << bits) - 1) * each & (1 << each) - 1;
                    result[at] = index < colours.length ? colours[index] : 0;
                }
            }
            return result;
        }
    }

    /** Predictions from the pixels before were subtracted; the method differs from tile to tile. */
    record Predict(int codedWidth, int bits, int[] tiles) implements Transform {
        @Override public int[] undo(int[] argb, int height) {
            int width = codedWidth;
            argb[0] = add(argb[0], 0xFF000000);
            for (int x = 1; x < width; x++) argb[x] = add(argb[x], argb[x - 1]);
            for (int y = 1, at = width; y < height; y++) {
                argb[at] = add(argb[at], argb[at - width]);
                at++;
                for (int x = 1; x < width; x++, at++) {
                    int mode = tile(tiles, width, bits, x, y) >> 8 & 15;
                    argb[at] = add(argb[at],
                            prediction(mode, argb[at - 1], argb[at - width], argb[at - width + 1], argb[at - width - 1]));
                }
            }
            return argb;
        }

        private static int prediction(int mode, int left, int above, int right, int corner) {
            return switch (mode) {
                case 1 -> left;
                case 2 -> above;
                case 3 -> right;
                case 4 -> corner;
                case 5 -> mean(mean(left, right), above);
                case 6 -> mean(left, corner);
                case 7 -> mean(left, above);
                case 8 -> mean(corner, above);
                case 9 -> mean(above, right);
                case 10 -> mean(mean(left, corner), mean(above, right));
                case 11 -> nearer(left, above, corner);
                case 12 -> gradient(left, above, corner);
                case 13 -> halfGradient(mean(left, above), corner);
                default -> 0xFF000000;
            };
        }

        private static int mean(int a, int b) { return (((a ^ b) & 0xFEFEFEFE) >>> 1) + (a & b); }

        private static int nearer(int left, int above, int corner) {
            int difference = 0;
            for (int shift = 0; shift < 32; shift += 8) {
                int l = left >> shift & 0xFF, a = above >> shift & 0xFF, c = corner >> shift & 0xFF;
                difference += Math.abs(l - c) - Math.abs(a - c);
            }
            return difference <= 0 ? above : left;
        }

        private static int gradient(int left, int above, int corner) {
            int result = 0;
            for (int shift = 0; shift < 32; shift += 8) {
                int value = (left >> shift & 0xFF) + (above >> shift & 0xFF) - (corner >> shift & 0xFF);
                result |= Math.clamp(value, 0, 255) << shift;
            }
            return result;
        }

        private static int halfGradient(int mean, int corner) {
            int result = 0;
            for (int shift = 0; shift < 32; shift += 8) {
                int m = mean >> shift & 0xFF, value = m + (m - (corner >> shift & 0xFF)) / 2;
                result |= Math.clamp(value, 0, 255) << shift;
            }
            return result;
        }
    }
}
