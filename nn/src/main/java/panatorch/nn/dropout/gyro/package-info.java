/**
 * Gyro dropout: a fixed number of subnetworks, each trained for a while (Lee, Kim, Oh, Kim, Jeung, Noh and Seo, "Gyro Dropout: Maximizing
 * Ensemble Effect in Neural Network Training", MLSys 2022). A {@link panatorch.nn.dropout.gyro.GyroSchedule} selects the subnetworks that
 * train at a step, {@link panatorch.nn.dropout.gyro.GyroMasks} holds a layer's mask for each of them, and
 * {@link panatorch.nn.dropout.gyro.GyroDropout} gives these masks to a model's dropout layers.
 */
@NullMarked
package panatorch.nn.dropout.gyro;

import org.jspecify.annotations.NullMarked;
