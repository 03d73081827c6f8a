package panatorch.vision.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import panatorch.Aten;
import panatorch.Autocast;
import panatorch.DType;
import panatorch.Device;
import panatorch.GradCheck;
import panatorch.Operators;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.BatchNorm2d;
import panatorch.nn.Conv2d;
import panatorch.nn.Module;
import panatorch.nn.functional.Reduction;

/** What holds for operators of detection beyond torchvision's numbers, which native-tests compares. */
@NoTensorLeaks
class VisionOpsTest {
    private static final long[] SIZE = {3, 2};

    /** Regions of three images, not in their order. */
    private static Tensor regions() {
        return Torch.tensor(new float[][] {{2, 1, 1, 9, 7}, {0, 2, 3, 8, 8}, {1, 0, 0, 11, 9}, {2, 4, 2, 5, 3}, {0, 7, 1, 12, 9}});
    }

    private static Tensor row(Tensor t, long i) { return t.narrow(0, i, 1); }

    @Test void each_region_is_pooled_from_its_image_whatever_the_order() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.randn(3, 6, 9, 12), all = regions();
            Tensor aligned = RegionPooling.roiAlign(x, all, SIZE, 1, 2, true), pooled = RegionPooling.roiPool(x, all, SIZE, 0.8);
            Tensor position = RegionPooling.psRoiAlign(x, all, SIZE, 1, -1), positionPooled = RegionPooling.psRoiPool(x, all, SIZE, 0.9);
            for (long k = 0; k < 5; k++) {
                Tensor image = row(x, (long) all.select(0, k).select(0, 0).itemDouble()), one = row(all, k).clone();
                one.select(1, 0).zero_();
                assertThat(row(aligned, k).allClose(RegionPooling.roiAlign(image, one, SIZE, 1, 2, true), 1e-5, 1e-6)).isTrue();
                assertThat(row(pooled, k).torchEquals(RegionPooling.roiPool(image, one, SIZE, 0.8))).isTrue();
                assertThat(row(position, k).allClose(RegionPooling.psRoiAlign(image, one, SIZE, 1, -1), 1e-5, 1e-6)).isTrue();
                assertThat(row(positionPooled, k).allClose(RegionPooling.psRoiPool(image, one, SIZE, 0.9), 1e-5, 1e-6)).isTrue();
            }
            assertThat(aligned.isContiguous()).isTrue();
        }
    }

    @Test void gradients_are_those_of_the_results_also_at_the_edges() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.randn(DType.FLOAT64, 1, 2, 4, 5).requiresGrad_(true);
            Tensor r = Torch.tensor(new float[][] {{0, -2, 1, 6, 7}, {0, 1.2f, 0.7f, 3.4f, 2.9f}});
            long[] size = {1, 2};
            GradCheck.DEFAULT.gradcheck(i -> List.of(RegionPooling.roiAlign(i.getFirst(), r, size, 1, -1, false)), List.of(x));
            GradCheck.DEFAULT.gradcheck(i -> List.of(RegionPooling.roiPool(i.getFirst(), r, size, 1)), List.of(x));
            GradCheck.DEFAULT.gradcheck(i -> List.of(RegionPooling.psRoiAlign(i.getFirst(), r, size, 1, 2)), List.of(x));
            GradCheck.DEFAULT.gradcheck(i -> List.of(RegionPooling.psRoiPool(i.getFirst(), r, size, 1)), List.of(x));
            Tensor offset = Torch.randn(DType.FLOAT64, 1, 8, 3, 3).requiresGrad_(true), mask = Torch.rand(DType.FLOAT64, 1, 4, 3, 3)
                    .requiresGrad_(true);
            Tensor weight = Torch.randn(DType.FLOAT64, 2, 3, 2, 2).requiresGrad_(true), image = Torch.randn(DType.FLOAT64, 1, 3, 4, 4)
                    .requiresGrad_(true);
            GradCheck.DEFAULT
                    .gradcheck(i -> List.of(DeformableConvolution.deformConv2d(i.get(0), i.get(1), i.get(2), null, new long[] {1, 1},
                            new long[] {0, 0}, new long[] {1, 1}, i.get(3))), List.of(image, offset, weight, mask));
        }
    }

    @Test void without_offsets_a_deformable_convolution_is_a_convolution() {
        try (var scope = Scope.open(); var layer = new DeformConv2d(Conv2d.options(4, 6, 3).stride(2).padding(1).groups(2))) {
            Tensor x = Torch.randn(3, 4, 9, 8), y = Aten.conv2d(x, layer.parameter("weight"), layer.parameter("bias"), 2, 1, 1, 2);
            assertThat(layer.forward(x, Torch.zeros(3, 18, 5, 4)).allClose(y, 1e-4, 1e-5)).isTrue();
            assertThat(layer.forward(x, Torch.zeros(3, 18, 5, 4), Torch.full(new long[] {3, 9, 5, 4}, 0.5))
                    .allClose(y.add(layer.parameter("bias").reshape(-1, 1, 1)).mul(0.5), 1e-4, 1e-5)).isTrue();
        }
    }

    @Test void half_precision_and_autocast_compute_in_float32() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.randn(3, 6, 9, 12), r = regions(), exact = RegionPooling.roiAlign(x, r, SIZE, 1, 2, true);
            Tensor low = RegionPooling.roiAlign(x.to(DType.BFLOAT16), r, SIZE, 1, 2, true);
            assertThat(low.dtype()).isEqualTo(DType.BFLOAT16);
            assertThat(low.to(DType.FLOAT32).allClose(exact, 0.02, 0.03)).isTrue();
            Tensor offset = Torch.randn(3, 8, 8, 11), weight = Torch.randn(2, 6, 2, 2);
            Tensor convolved = DeformableConvolution.deformConv2d(x, offset, weight, null);
            try (var autocast = Autocast.enter(Device.CPU, DType.BFLOAT16)) {
                assertThat(RegionPooling.roiAlign(x, r, SIZE, 1, 2, true).torchEquals(exact)).isTrue();
                assertThat(DeformableConvolution.deformConv2d(x, offset, weight, null).torchEquals(convolved)).isTrue();
            }
        }
    }

    @Test void many_regions_in_parts_are_pooled_as_few() {
        try (var scope = Scope.open()) {
            long[] size = {2, 60};
            Tensor x = Torch.randn(1, 8, 50, 50), corner = Torch.rand(800, 2).mul(30);
            Tensor all = Aten.cat(List.of(Torch.zeros(800, 1), corner, corner.add(Torch.rand(800, 2).mul(20))), 1);
            Tensor aligned = RegionPooling.roiAlign(x, all, size, 1, -1, true);
            Tensor pooled = RegionPooling.roiPool(x, all, size, 1);
            for (long k : new long[] {0, 348, 349, 698, 699, 799}) {
                assertThat(row(aligned, k).allClose(RegionPooling.roiAlign(x, row(all, k), size, 1, -1, true), 1e-4, 1e-5))
                        .isTrue();
                assertThat(row(pooled, k).torchEquals(RegionPooling.roiPool(x, row(all, k), size, 1))).isTrue();
            }
        }
    }

    @Test void kept_boxes_overlap_little_and_each_dropped_one_overlaps_a_better_one() {
        try (var scope = Scope.open()) {
            Tensor corner = Torch.rand(500, 2).mul(50), boxes = Aten.cat(List.of(corner, corner.add(Torch.rand(500, 2).mul(20).add(1))), 1);
            Tensor scores = Torch.rand(500), kept = Nms.nms(boxes, scores, 0.4), iou = BoxIou.boxIou(boxes, boxes);
            Tensor among = iou.indexSelect(0, kept).indexSelect(1, kept).triu(1);
            assertThat(among.max().itemDouble()).isLessThanOrEqualTo(0.4 + 1e-6);
            double[] score = scores.toDoubleArray();
            long[] indices = kept.toLongArray();
            for (int i = 1; i < indices.length; i++)
                assertThat(score[(int) indices[i]]).isLessThanOrEqualTo(score[(int) indices[i - 1]]);
            Tensor better = scores.indexSelect(0, kept).unsqueeze(1).ge(scores), over = iou.indexSelect(0, kept).gt(0.4 - 1e-6);
            Tensor explained = better.logicalAnd(over).any(0);
            assertThat(explained.all().itemBoolean()).isTrue(); // a kept box explains itself
            Tensor classes = Torch.randint(0, 5, 500);
            assertThat(Nms.batchedNmsVanilla(boxes, scores, classes, 0.4)
                    .torchEquals(Nms.batchedNmsCoordinateTrick(boxes.to(DType.FLOAT64), scores, classes, 0.4))).isTrue();
        }
    }

    @Test void no_boxes_give_nothing() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.randn(2, 6, 5, 5).requiresGrad_(true), none = Torch.zeros(0, 4), rois = Torch.zeros(0, 5);
            assertThat(Nms.nms(none, Torch.zeros(0), 0.5).shape()).containsExactly(0);
            assertThat(Nms.batchedNms(none, Torch.zeros(0), Torch.zeros(DType.INT64, 0), 0.5).shape()).containsExactly(0);
            assertThat(BoxIou.boxIou(none, Torch.ones(3, 4)).shape()).containsExactly(0, 3);
            assertThat(RegionPooling.roiAlign(x, rois, 3, 2).shape()).containsExactly(0, 6, 3, 2);
            assertThat(RegionPooling.roiPool(x, rois, SIZE, 1).shape()).containsExactly(0, 6, 3, 2);
            assertThat(RegionPooling.psRoiPool(x, rois, SIZE, 1).shape()).containsExactly(0, 1, 3, 2);
            assertThat(DetectionLosses.distanceBoxIouLoss(none, none, Reduction.MEAN).itemDouble()).isZero();
            assertThat(Boxes.masksToBoxes(Torch.zeros(0, 3, 3)).shape()).containsExactly(0, 4);
        }
    }

    @Test void wrong_inputs_are_refused_in_a_sentence() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.zeros(2, 6, 5, 5), far = Torch.tensor(new float[][] {{2, 0, 0, 1, 1}});
            assertThatThrownBy(() -> RegionPooling.roiAlign(x, far, 2, 2)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("region 0 is of image 2, but there are 2 images");
            assertThatThrownBy(() -> RegionPooling.roiPool(x, Torch.tensor(new float[][] {{Float.NaN, 0, 0, 1, 1}}), SIZE, 1))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> RegionPooling.roiAlign(x, Torch.zeros(1, 4), 2, 2))
                    .hasMessageContaining("Boxes.convertBoxesToRoiFormat makes them");
            assertThatThrownBy(() -> RegionPooling.roiAlign(x, Torch.tensor(new float[][] {{0, 0, 0, 1e9f, 1}}), 2, 2))
                    .hasMessageContaining("Boxes.clipBoxesToImage");
            assertThatThrownBy(() -> RegionPooling.psRoiAlign(x, Torch.zeros(1, 5), new long[] {2, 2}, 1, 2))
                    .hasMessageContaining("multiple of 2·2");
            assertThatThrownBy(() -> RegionPooling.roiAlign(x, Torch.zeros(1, 5), 0, 2)).hasMessageContaining("[0, 2]");
            assertThatThrownBy(() -> Nms.nms(Torch.zeros(3, 4), Torch.zeros(2), 0.5)).hasMessageStartingWith("one score for each box");
            assertThatThrownBy(() -> Nms.nms(Torch.zeros(DType.INT64, 3, 4), Torch.zeros(3), 0.5))
                    .hasMessageContaining("convert them first");
            assertThatThrownBy(() -> Boxes.boxConvert(Torch.zeros(2, 4), BoxFormat.XYXY, BoxFormat.XYWHR))
                    .hasMessageContaining("cannot be converted to xywhr");
            assertThatThrownBy(() -> Boxes.boxArea(Torch.zeros(2, 5))).hasMessageStartingWith("boxes in the format xyxy are [..., 4]");
            assertThatThrownBy(() -> DeformableConvolution.deformConv2d(x, Torch.zeros(2, 17, 3, 3), Torch.zeros(4, 6, 3, 3), null))
                    .hasMessageContaining("dimension 1 of the offset");
            assertThatThrownBy(() -> DeformableConvolution.deformConv2d(x, Torch.zeros(2, 18, 2, 3), Torch.zeros(4, 6, 3, 3), null))
                    .hasMessageContaining("the offset is [2, 18, 3, 3]");
            assertThatThrownBy(() -> DetectionLosses.sigmoidFocalLoss(x, x, 2, 2, Reduction.NONE)).hasMessageContaining("not 2.0");
        }
    }

    @Test void regions_that_are_not_numbers_pool_zeros_and_end_nothing() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.ones(1, 1, 4, 4), nan = Torch.tensor(new float[][] {{0, Float.NaN, 0, 3, Float.NaN}});
            assertThat(RegionPooling.roiAlign(x, nan, new long[] {2, 2}, 1, 2, true).toFloatArray()).containsOnly(0);
            RegionPooling.roiPool(x, nan, new long[] {2, 2}, 1);
            DeformableConvolution.deformConv2d(x, Torch.full(new long[] {1, 2, 4, 4}, Float.NaN), Torch.ones(1, 1, 1, 1), null);
        }
    }

    @Test void a_pyramid_loads_the_names_of_older_files_and_its_layers_can_be_replaced() {
        try (var scope = Scope.open(); var pyramid = new FeaturePyramidNetwork(new long[] {2, 3}, 4)) {
            Map<String, Tensor> old = new LinkedHashMap<>();
            pyramid.stateDict().forEach((name, t) -> old.put(name.replaceFirst("\\.0\\.(weight|bias)$", ".$1"), t.add(1)));
            assertThat(old).containsKey("inner_blocks.1.weight");
            pyramid.loadStateDict(old);
            assertThat(pyramid.stateDict().get("layer_blocks.0.0.bias").toFloatArray()).containsOnly(1);
            var maps = new LinkedHashMap<String, Tensor>();
            maps.put("a", Torch.randn(1, 2, 8, 8));
            maps.put("b", Torch.randn(1, 3, 4, 4));
            try (var copy = Module.copyOf(pyramid)) {
                assertThat(copy.forward(maps).get("a").torchEquals(pyramid.forward(maps).get("a"))).isTrue();
                copy.setChild("layer_blocks.0", new Conv2d(4, 5, 1));
                assertThat(copy.forward(maps).get("a").shape()).containsExactly(1, 5, 8, 8);
            }
            assertThatThrownBy(() -> pyramid.forwardAll(List.of(Torch.randn(1, 2, 8, 8)))).hasMessageContaining("2 feature maps");
        }
    }

    @Test void a_frozen_normalisation_loads_that_of_a_trained_one() {
        try (var scope = Scope.open(); var trained = new BatchNorm2d(3); var frozen = new FrozenBatchNorm2d(3)) {
            for (int i = 0; i < 3; i++) trained.forward(Torch.randn(4, 3, 5, 5).mul(3).add(1));
            trained.eval();
            frozen.loadStateDict(trained.stateDict());
            Tensor x = Torch.randn(2, 3, 4, 4);
            assertThat(frozen.forward(x).allClose(trained.forward(x), 1e-5, 1e-5)).isTrue();
            assertThat(frozen.parameters()).isEmpty();
        }
    }

    @Test void operators_of_torchvision_are_called_by_their_names() {
        try (var scope = Scope.open()) {
            assertThat(TorchvisionOperators.define("torchvision::qnms")).isFalse();
            assertThat(TorchvisionOperators.define("aten::nms")).isFalse();
            assertThat(TorchvisionOperators.define("torchvision::nms")).isTrue();
            assertThat(TorchvisionOperators.define("torchvision::nms")).as("once more").isTrue();
            Tensor boxes = Torch.tensor(new float[][] {{0, 0, 4, 4}, {0, 0, 4, 3}, {6, 6, 8, 8}}),
                    scores = Torch.tensor(new float[] {1, 3, 2});
            assertThat(((Tensor) Operators.call("torchvision::nms", boxes, scores, 0.5).getFirst()).toLongArray()).containsExactly(1, 2);
        }
    }
}
