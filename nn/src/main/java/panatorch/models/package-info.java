/**
 * Networks, named after their papers. State-dict keys are those of the Python code from which most weights come, so weights load both ways:
 *
 * <table>
 * <caption>Models and the source of their state-dict keys</caption>
 * <tr>
 * <th>images of 224×224</th>
 * <td>{@link ResNet} (18 to 152, wide, ResNeXt), {@link VGG}, {@link AlexNet}</td>
 * <td>torchvision</td>
 * </tr>
 * <tr>
 * <th>images of 32×32</th>
 * <td>{@link CifarResNet}; {@link ResNet} and {@link VGG} with their CIFAR options; {@link CudaConvnetQuick}, {@link NiN},
 * {@link AllConv}</td>
 * <td>pytorch_resnet_cifar10; torchvision, pytorch-cifar; Caffe, PanaTorch</td>
 * </tr>
 * <tr>
 * <th>digits of 28×28</th>
 * <td>{@link LeNet5}</td>
 * <td>Caffe</td>
 * </tr>
 * <tr>
 * <th>tokens</th>
 * <td>{@link Bert}</td>
 * <td>Hugging Face</td>
 * </tr>
 * </table>
 *
 * <p>
 * All are {@link Classifier}s: a trunk and a head.
 */
@NullMarked
package panatorch.models;

import org.jspecify.annotations.NullMarked;
