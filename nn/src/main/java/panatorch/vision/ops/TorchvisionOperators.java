package panatorch.vision.ops;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import panatorch.DispatchKey;
import panatorch.OperatorArguments;
import panatorch.OperatorLibrary;
import panatorch.Tensor;

/**
 * torchvision's operators for scripts and exported programs that call them: {@code nms}, {@code box_iou_rotated}, {@code roi_align},
 * {@code roi_pool}, {@code ps_roi_align}, {@code ps_roi_pool} and {@code deform_conv2d}. They compute with the classes of this package, on
 * every device, and are differentiated by autograd. Files that need one have it defined when they are loaded; it lasts until the process
 * ends.
 */
public final class TorchvisionOperators {
    private static final String REGIONS = "Tensor input, Tensor rois, float spatial_scale, SymInt pooled_height, SymInt pooled_width";

    private record Definition(String schema, OperatorLibrary.Kernel kernel) {}

    private static final Map<String, Definition> DEFINITIONS = Map.of(
            "nms", new Definition("(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
                    a -> Nms.nms(a.tensor("dets"), a.tensor("scores"), a.real("iou_threshold"))),
            "box_iou_rotated", new Definition("(Tensor boxes1, Tensor boxes2) -> Tensor",
                    a -> RotatedIou.of(a.tensor("boxes1"), a.tensor("boxes2"))),
            "roi_align", new Definition("(" + REGIONS + ", int sampling_ratio, bool aligned) -> Tensor",
                    a -> RegionPooling.roiAlign(a.tensor("input"), a.tensor("rois"), size(a), a.real("spatial_scale"),
                            a.integer("sampling_ratio"), a.bool("aligned"))),
            "roi_pool", new Definition("(" + REGIONS + ") -> (Tensor, Tensor)",
                    a -> RegionPooling.maxima(a.tensor("input"), a.tensor("rois"), size(a), a.real("spatial_scale"))),
            "ps_roi_align", new Definition("(" + REGIONS + ", int sampling_ratio) -> (Tensor, Tensor)",
                    a -> List.of(RegionPooling.psRoiAlign(a.tensor("input"), a.tensor("rois"), size(a), a.real("spatial_scale"),
                            a.integer("sampling_ratio")), channels(a))),
            "ps_roi_pool", new Definition("(" + REGIONS + ") -> (Tensor, Tensor)",
                    a -> List.of(RegionPooling.psRoiPool(a.tensor("input"), a.tensor("rois"), size(a), a.real("spatial_scale")),
                            channels(a))),
            "deform_conv2d", new Definition("(Tensor input, Tensor weight, Tensor offset, Tensor mask, Tensor bias, SymInt stride_h, "
                    + "SymInt stride_w, SymInt pad_h, SymInt pad_w, SymInt dilation_h, SymInt dilation_w, SymInt groups, "
                    + "SymInt offset_groups, bool use_mask) -> Tensor",
                    a -> DeformableConvolution.deformConv2d(a.tensor("input"), a.tensor("offset"), a.tensor("weight"), a.tensor("bias"),
                            pair(a, "stride_"), pair(a, "pad_"), pair(a, "dilation_"), a.bool("use_mask") ? a.tensor("mask") : null)));

    private static final Set<String> DEFINED = new HashSet<>();
    private static @Nullable OperatorLibrary library;

    private TorchvisionOperators() {}

    /**
     * Defines an operator, unless this method has defined it before.
     *
     * @param name the full name of an operator that does not exist yet, such as {@code torchvision::nms}
     * @return whether it is one of these operators
     * @throws IllegalStateException if another library has defined it
     */
    public static synchronized boolean define(String name) {
        String own = name.startsWith("torchvision::") ? name.substring("torchvision::".length()) : "";
        Definition d = DEFINITIONS.get(own);
        if (d == null) return false;
        if (DEFINED.contains(own)) return true;
        if (library == null) library = OperatorLibrary.open("torchvision");
        library.define(own + d.schema).implement(own, DispatchKey.COMPOSITE_IMPLICIT_AUTOGRAD, d.kernel);
        DEFINED.add(own);
        return true;
    }

    private static long[] size(OperatorArguments a) {
        return new long[] {a.integer("pooled_height"), a.integer("pooled_width")};
    }

    private static long[] pair(OperatorArguments a, String name) {
        return new long[] {a.integer(name + "h"), a.integer(name + "w")};
    }

    private static Tensor channels(OperatorArguments a) {
        long[] size = size(a);
        return RegionPooling.channelMapping(a.tensor("input"), a.tensor("rois"), size[0], size[1]);
    }
}
