/** Experiments of papers, made again at a scale that a user chooses, and reported as they come out. */
@NullMarked
package panatorch.apps.reproduce;

import org.jspecify.annotations.NullMarked;
