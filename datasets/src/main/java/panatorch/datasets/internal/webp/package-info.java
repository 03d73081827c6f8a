/** A decoder of WebP: lossy pictures (VP8, RFC 6386), lossless ones and their container (RFC 9649), with the numbers of libwebp. */
@NullMarked
package panatorch.datasets.internal.webp;

import org.jspecify.annotations.NullMarked;
