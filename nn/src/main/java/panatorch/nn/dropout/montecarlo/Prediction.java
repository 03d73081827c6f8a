package panatorch.nn.dropout.montecarlo;

import panatorch.Tensor;

/**
 * What T samples of class probabilities p say together, in float64 and nats. Of logits [N, C] each is [N, C] or [N]; of [N, C, …] what follows C stays.
 *
 * @param logMean [N, C], log p̄: of a negative log-likelihood the input, and logits of the mean
 * @param mean [N, C], p̄, the prediction
 * @param entropy [N], H[p̄], the whole uncertainty
 * @param expectedEntropy [N], the mean of H[p]: what stays uncertain were the weights known (aleatoric)
 * @param mutualInformation [N], their difference, in [0, log C] up to rounding: what the samples disagree on (epistemic; BALD, Houlsby et al., 2011, arXiv:1112.5745)
 * @param variationRatio [N], the part of the samples whose largest class is not the most frequent one
 * @param variance [N, C], of each probability, divided by T
 */
public record Prediction(Tensor logMean, Tensor mean, Tensor entropy, Tensor expectedEntropy, Tensor mutualInformation, Tensor variationRatio, Tensor variance) {}
