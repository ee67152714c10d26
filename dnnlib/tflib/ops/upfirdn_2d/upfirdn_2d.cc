// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// TensorFlow op UpFirDn2D: registration, shapes, and the kernels of both devices.

#ifdef DNNLIB_CUDA
#define EIGEN_USE_GPU
#define GOOGLE_CUDA 1
#include "unsupported/Eigen/CXX11/Tensor"
#endif

#include "upfirdn_2d.h"

#include <algorithm>
#include <string>
#include <vector>

#include "../shared/op_support.h"
#include "row_filter.h"
#include "tensorflow/core/framework/tensor.h"
#include "tensorflow/core/lib/core/errors.h"

namespace tensorflow {
namespace {

using errors::InvalidArgument;
using shape_inference::DimensionHandle;
using shape_inference::InferenceContext;
using shape_inference::ShapeHandle;

// ---------------------------------------------------------------------------------------------------------------------
// Attributes and shapes.

struct Attributes {
    std::vector<int32_t> up, down, pad;  // [y, x], [y, x], [y before, y after, x before, x after]
    Tensor k;                            // [firH, firW]
    bool flip;
    std::string data_format;

    // Context: of the shape function or of the kernel's construction.
    template <typename Context>
    Status read(Context* context) {
        TF_RETURN_IF_ERROR(context->GetAttr("up", &up));
        TF_RETURN_IF_ERROR(context->GetAttr("down", &down));
        TF_RETURN_IF_ERROR(context->GetAttr("pad", &pad));
        TF_RETURN_IF_ERROR(context->GetAttr("k", &k));
        TF_RETURN_IF_ERROR(context->GetAttr("flip", &flip));
        TF_RETURN_IF_ERROR(context->GetAttr("data_format", &data_format));
        if (up.size() != 2 || down.size() != 2 || pad.size() != 4) {
            return InvalidArgument("UpFirDn2D needs up [y, x], down [y, x] and pad [y0, y1, x0, x1]");
        }
        if (std::min({up[0], up[1], down[0], down[1]}) < 1) {
            return InvalidArgument("UpFirDn2D: up and down factors must be positive");
        }
        if (k.dtype() != DT_FLOAT || k.dims() != 2 || k.NumElements() == 0) {
            return InvalidArgument("UpFirDn2D: k must be float32 [firH, firW], not ", k.shape().DebugString());
        }
        return dnnlib::ok_status();
    }

    // Position of H in the shape of the images; W is next to it.
    int height_axis() const { return data_format == "NCHW" ? 2 : 1; }

    int64_t out_size(int axis, int64_t in_size) const {
        const int32_t pad0 = pad[2 * axis], pad1 = pad[2 * axis + 1];
        return dnnlib::upfirdn_2d_out_size(in_size, up[axis], down[axis], pad0, pad1, k.dim_size(axis));
    }

    Status check_out_size(int axis, int64_t in_size) const {
        return out_size(axis, in_size) >= 1
                   ? dnnlib::ok_status()
                   : InvalidArgument("UpFirDn2D: a filter of ", k.dim_size(axis), " leaves nothing of ", in_size,
                                     " pixels with pads ", pad[2 * axis], " and ", pad[2 * axis + 1]);
    }

    UpFirDn2DAxis make_axis(int axis, int64_t in_size) const {
        return {in_size,    out_size(axis, in_size), up[axis],
                down[axis], pad[2 * axis],           static_cast<int32_t>(k.dim_size(axis))};
    }
};

Status infer_shape(InferenceContext* context) {
    Attributes attributes;
    TF_RETURN_IF_ERROR(attributes.read(context));
    ShapeHandle x, y;
    TF_RETURN_IF_ERROR(context->WithRank(context->input(0), 4, &x));
    y = x;
    for (int axis = 0; axis < 2; axis++) {
        const int position = attributes.height_axis() + axis;
        DimensionHandle size = context->Dim(x, position);
        if (context->ValueKnown(size)) {
            TF_RETURN_IF_ERROR(attributes.check_out_size(axis, context->Value(size)));
            size = context->MakeDim(attributes.out_size(axis, context->Value(size)));
        } else {
            size = context->UnknownDim();
        }
        TF_RETURN_IF_ERROR(context->ReplaceDim(y, position, size, &y));
    }
    context->set_output(0, y);
    return dnnlib::ok_status();
}

// What the kernels of both devices have in common.
template <typename T>
class UpFirDn2DOp : public OpKernel {
  public:
    explicit UpFirDn2DOp(OpKernelConstruction* context) : OpKernel(context) {
        OP_REQUIRES_OK(context, attributes_.read(context));
    }

    void Compute(OpKernelContext* context) override {
        const Tensor& x = context->input(0);
        OP_REQUIRES(context, x.dims() == 4, InvalidArgument("UpFirDn2D: x must have 4 axes, not ", x.dims()));
        TensorShape shape = x.shape();
        const int height = attributes_.height_axis();
        for (int axis = 0; axis < 2; axis++) {
            OP_REQUIRES_OK(context, attributes_.check_out_size(axis, x.dim_size(height + axis)));
            shape.set_dim(height + axis, attributes_.out_size(axis, x.dim_size(height + axis)));
        }
        Tensor* y = nullptr;
        OP_REQUIRES_OK(context, context->allocate_output(0, shape, &y));
        if (y->NumElements() == 0) return;

        UpFirDn2DParams params = {};
        params.x = x.tensor_data().data();
        params.y = const_cast<char*>(y->tensor_data().data());
        params.k = attributes_.k.template flat<float>().data();
        params.dtype = dnnlib::DType<T>::value;
        params.flip = attributes_.flip;
        params.major = height == 2 ? x.dim_size(0) * x.dim_size(1) : x.dim_size(0);
        params.minor = height == 2 ? 1 : x.dim_size(3);
        params.axis_y = attributes_.make_axis(0, x.dim_size(height));
        params.axis_x = attributes_.make_axis(1, x.dim_size(height + 1));
        run(context, params);
    }

  protected:
    virtual void run(OpKernelContext* context, const UpFirDn2DParams& params) = 0;

  private:
    Attributes attributes_;
};

// ---------------------------------------------------------------------------------------------------------------------
// The CPU kernel.

template <typename T>
class UpFirDn2DCpuOp : public UpFirDn2DOp<T> {
  public:
    using UpFirDn2DOp<T>::UpFirDn2DOp;

  protected:
    void run(OpKernelContext* context, const UpFirDn2DParams& params) override {
        const dnnlib::RowFilter<T> filter(params);
        dnnlib::parallel_for(context, filter.num_rows(), filter.cost_of_row(),
                             [&filter](int64_t begin, int64_t end) { filter.run(begin, end); });
    }
};

// ---------------------------------------------------------------------------------------------------------------------
// The GPU kernel.

#ifdef DNNLIB_CUDA
template <typename T>
class UpFirDn2DGpuOp : public UpFirDn2DOp<T> {
  public:
    using UpFirDn2DOp<T>::UpFirDn2DOp;

  protected:
    void run(OpKernelContext* context, const UpFirDn2DParams& params) override {
        std::vector<float> k_y(params.axis_y.fir), k_x(params.axis_x.fir);
        if (!dnnlib::upfirdn_2d_needs_two_passes(params) ||
            !dnnlib::upfirdn_2d_factorize(params, k_y.data(), k_x.data())) {
            return launch(context, params);
        }
        UpFirDn2DParams pass_x, pass_y;
        dnnlib::upfirdn_2d_split(params, k_y.data(), k_x.data(), &pass_x, &pass_y);
        Tensor between;
        const TensorShape shape({pass_y.major, pass_y.axis_y.in_size, pass_y.axis_x.in_size, pass_y.minor});
        OP_REQUIRES_OK(context, context->allocate_temp(DataTypeToEnum<T>::value, shape, &between));
        pass_x.y = const_cast<char*>(between.tensor_data().data());
        pass_y.x = pass_x.y;
        launch(context, pass_x);
        launch(context, pass_y);
    }

  private:
    static void launch(OpKernelContext* context, UpFirDn2DParams params) {
        Tensor space;
        if (const int64_t size = dnnlib::upfirdn_2d_num_space(params)) {
            OP_REQUIRES_OK(context, context->allocate_temp(DT_FLOAT, TensorShape({size}), &space));
            params.k_space = space.flat<float>().data();
        }
        const char* error = upfirdn_2d_launch(&params, context->eigen_device<Eigen::GpuDevice>().stream());
        OP_REQUIRES(context, error == nullptr, errors::Internal("UpFirDn2D: ", error));
    }
};
#endif

}  // namespace

REGISTER_OP("UpFirDn2D")
    .Input("x: T")
    .Output("y: T")
    .Attr("T: {float, half, bfloat16}")
    .Attr("k: tensor")
    .Attr("up: list(int) = [1, 1]")
    .Attr("down: list(int) = [1, 1]")
    .Attr("pad: list(int) = [0, 0, 0, 0]")
    .Attr("flip: bool = false")
    .Attr("data_format: {'NHWC', 'NCHW'} = 'NHWC'")
    .SetShapeFn(infer_shape)
    .Doc(R"doc(
Inserts zeros, pads or crops, filters and keeps every n-th pixel of images.

k: Filter [firH, firW], applied by convolution, or by correlation if `flip` is true.
up: Factors of zero insertion in y and x.
down: Steps of the pixels that are kept in y and x.
pad: Zeros to add at the top, at the bottom, on the left and on the right after the insertion; negative ones crop.
)doc");

#define DNNLIB_REGISTER(device, Op, T) \
    REGISTER_KERNEL_BUILDER(Name("UpFirDn2D").Device(device).TypeConstraint<T>("T"), Op<T>)
DNNLIB_FOR_TYPES(DNNLIB_REGISTER, DEVICE_CPU, UpFirDn2DCpuOp);
#ifdef DNNLIB_CUDA
DNNLIB_FOR_TYPES(DNNLIB_REGISTER, DEVICE_GPU, UpFirDn2DGpuOp);
#endif

}  // namespace tensorflow
