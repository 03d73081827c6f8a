/**
 * Probability distributions with the names, numbers and random draws of {@code torch.distributions}: distributions, the
 * {@linkplain panatorch.distributions.Constraints constraints} that their parameters and values satisfy,
 * {@linkplain panatorch.distributions.Transform transforms} of random variables, and {@link panatorch.distributions.KL Kullback-Leibler
 * divergences}.
 *
 * <p>
 * Distributions are made by static factories, because many take the same types in several meanings: {@code Categorical.ofProbs(p)},
 * {@code Categorical.ofLogits(x)}, {@code Normal.of(mean, deviation)}.
 */
@NullMarked
package panatorch.distributions;

import org.jspecify.annotations.NullMarked;
