package panatorch.nn.dropout.montecarlo;

import panatorch.Tensor;

/**
 * The prediction of T samples of class probabilities p and its uncertainty, in float64 and nats. The shapes below are for logits [N, C];
 * for logits [N, C, …] the dimensions after C are kept.
 *
 * @param logMean log p̄, [N, C]: the input of a negative log-likelihood, and logits of the mean
 * @param mean p̄, the prediction, [N, C]
 * @param entropy H[p̄], the total uncertainty, [N]
 * @param expectedEntropy mean of H[p], the aleatoric uncertainty, which would remain if the weights were known, [N]
 * @param mutualInformation entropy minus expected entropy, the epistemic uncertainty, on which the samples disagree, [N]; in [0, log C] up
 * to rounding (BALD, Houlsby et al., 2011, arXiv:1112.5745)
 * @param variationRatio fraction of the samples whose most probable class is not the most frequent one, [N]
 * @param variance variance of each probability, divided by T, [N, C]
 */
public record Prediction(Tensor logMean, Tensor mean, Tensor entropy, Tensor expectedEntropy, Tensor mutualInformation,
        Tensor variationRatio, Tensor variance) {}
