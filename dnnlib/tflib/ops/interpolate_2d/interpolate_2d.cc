// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// Ops Interpolate2D and Interpolate2DTransposed for the CPU; see interpolate_2d.py.

#include "interpolate_2d.h"

#include <algorithm>

#include "../shared/op_support.h"

namespace tensorflow {
namespace {

using dnnlib::data;
using shape_inference::DimensionHandle;
using shape_inference::InferenceContext;
using shape_inference::ShapeHandle;

constexpr int64_t kCost = 40;  // Of a position in cycles, and again of each of its channels.

// Whether images [NCHW] and positions x and y [Nhw] belong together.
bool fits(const Tensor& images, const Tensor& x, const Tensor& y) {
    return images.dims() == 4 && x.dims() == 3 && x.shape() == y.shape() && images.dim_size(0) == x.dim_size(0);
}

class Interpolate2D : public OpKernel {
  public:
    using OpKernel::OpKernel;

    void Compute(OpKernelContext* context) override {
        const Tensor &images = context->input(0), &x = context->input(1), &y = context->input(2);
        OP_REQUIRES(context, fits(images, x, y),
                    errors::InvalidArgument("expected images [NCHW] and x and y [Nhw], got ",
                                            images.shape().DebugString(), ", ", x.shape().DebugString(), " and ",
                                            y.shape().DebugString()));
        const int64_t channels = images.dim_size(1), height = images.dim_size(2), width = images.dim_size(3);
        const int64_t rows = x.dim_size(1), columns = x.dim_size(2);
        Tensor* read;
        const TensorShape shape({images.dim_size(0), channels, rows, columns});
        OP_REQUIRES_OK(context, context->allocate_output(0, shape, &read));
        const float *images_data = data(images), *x_data = data(x), *y_data = data(y);
        float* read_data = data(read);
        const int64_t cost = kCost * columns * (1 + channels);
        dnnlib::parallel_for(context, images.dim_size(0) * rows, cost, [=](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end; i++) {
                const int64_t n = i / rows, row = i % rows;
                dnnlib::read_positions(images_data + n * channels * height * width, channels, width, height,
                                       x_data + i * columns, y_data + i * columns, columns,
                                       read_data + (n * channels * rows + row) * columns, rows * columns);
            }
        });
    }
};

class Interpolate2DTransposed : public OpKernel {
  public:
    using OpKernel::OpKernel;

    void Compute(OpKernelContext* context) override {
        const Tensor &values = context->input(0), &x = context->input(1), &y = context->input(2);
        const Tensor& size = context->input(3);
        OP_REQUIRES(context,
                    fits(values, x, y) && values.dim_size(2) == x.dim_size(1) && values.dim_size(3) == x.dim_size(2) &&
                        size.NumElements() == 2,
                    errors::InvalidArgument("expected values [NChw], x and y [Nhw] and a size [2], got ",
                                            values.shape().DebugString(), ", ", x.shape().DebugString(), ", ",
                                            y.shape().DebugString(), " and ", size.shape().DebugString()));
        const int64_t height = size.flat<int32>()(0), width = size.flat<int32>()(1);
        const int64_t channels = values.dim_size(1), num = x.dim_size(1) * x.dim_size(2);
        Tensor* images;
        const TensorShape shape({values.dim_size(0), channels, height, width});
        OP_REQUIRES_OK(context, context->allocate_output(0, shape, &images));
        const float *values_data = data(values), *x_data = data(x), *y_data = data(y);
        float* images_data = data(images);
        // A plane is the work of one thread, so that sums do not depend on how many there are.
        dnnlib::parallel_for(context, values.dim_size(0) * channels, 2 * kCost * num, [=](int64_t begin, int64_t end) {
            std::fill(images_data + begin * height * width, images_data + end * height * width, 0.0f);
            for (int64_t i = begin; i < end; i++) {
                const int64_t first = i / channels * num;
                dnnlib::add_positions(values_data + i * num, x_data + first, y_data + first, num, width, height,
                                      images_data + i * height * width);
            }
        });
    }
};

Status infer_read(InferenceContext* context) {
    ShapeHandle images, x;
    DimensionHandle batch;
    TF_RETURN_IF_ERROR(context->WithRank(context->input(0), 4, &images));
    TF_RETURN_IF_ERROR(context->WithRank(context->input(1), 3, &x));
    TF_RETURN_IF_ERROR(context->Merge(x, context->input(2), &x));
    TF_RETURN_IF_ERROR(context->Merge(context->Dim(images, 0), context->Dim(x, 0), &batch));
    context->set_output(0, context->MakeShape({batch, context->Dim(images, 1), context->Dim(x, 1), context->Dim(x, 2)}));
    return dnnlib::ok_status();
}

Status infer_images(InferenceContext* context) {
    ShapeHandle values, size;
    TF_RETURN_IF_ERROR(context->WithRank(context->input(0), 4, &values));
    TF_RETURN_IF_ERROR(context->MakeShapeFromShapeTensor(3, &size));
    TF_RETURN_IF_ERROR(context->WithRank(size, 2, &size));
    context->set_output(0, context->MakeShape({context->Dim(values, 0), context->Dim(values, 1), context->Dim(size, 0),
                                               context->Dim(size, 1)}));
    return dnnlib::ok_status();
}

}  // namespace

REGISTER_OP("Interpolate2D")
    .Input("images: float")
    .Input("x: float")
    .Input("y: float")
    .Output("read: float")
    .SetShapeFn(infer_read);
REGISTER_OP("Interpolate2DTransposed")
    .Input("values: float")
    .Input("x: float")
    .Input("y: float")
    .Input("size: int32")
    .Output("images: float")
    .SetShapeFn(infer_images);

REGISTER_KERNEL_BUILDER(Name("Interpolate2D").Device(DEVICE_CPU), Interpolate2D);
REGISTER_KERNEL_BUILDER(Name("Interpolate2DTransposed").Device(DEVICE_CPU), Interpolate2DTransposed);

}  // namespace tensorflow
