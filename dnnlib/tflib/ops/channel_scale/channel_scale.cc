// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// Ops ChannelScale, ChannelDot and SumSquaredTaps for the CPU; see channel_scale.py.

#include "channel_scale.h"

#include "../shared/op_support.h"

namespace tensorflow {
namespace {

using dnnlib::data;
using shape_inference::DimensionHandle;
using shape_inference::InferenceContext;
using shape_inference::ShapeHandle;

// Call work(i, offset, size) for all feature maps of [NCHW] on all threads: the i-th begins at an offset.
template <class Work>
void for_each_map(OpKernelContext* context, const TensorShape& shape, const Work& work) {
    const int64_t size = shape.dim_size(2) * shape.dim_size(3);
    dnnlib::parallel_for(context, shape.dim_size(0) * shape.dim_size(1), 16 + size, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; i++) work(i, i * size, size);
    });
}

class ChannelScale : public OpKernel {
  public:
    using OpKernel::OpKernel;

    void Compute(OpKernelContext* context) override {
        const Tensor &x = context->input(0), &s = context->input(1);
        OP_REQUIRES(context, fits(x.shape(), s.shape()),
                    errors::InvalidArgument("expected x [NCHW] and s [NC] of the same N and C, got ",
                                            x.shape().DebugString(), " and ", s.shape().DebugString()));
        const float *x_data = data(x), *s_data = data(s);
        Tensor* y;
        OP_REQUIRES_OK(context, context->forward_input_or_allocate_output({0}, 0, x.shape(), &y));
        float* y_data = data(y);
        for_each_map(context, y->shape(), [=](int64_t i, int64_t offset, int64_t size) {
            dnnlib::scale_map(x_data + offset, s_data[i], size, y_data + offset);
        });
    }

  private:
    static bool fits(const TensorShape& x, const TensorShape& s) {
        return x.dims() == 4 && s.dims() == 2 && x.dim_size(0) == s.dim_size(0) && x.dim_size(1) == s.dim_size(1);
    }
};

class ChannelDot : public OpKernel {
  public:
    using OpKernel::OpKernel;

    void Compute(OpKernelContext* context) override {
        const Tensor &a = context->input(0), &b = context->input(1);
        OP_REQUIRES(context, a.dims() == 4 && a.shape() == b.shape(),
                    errors::InvalidArgument("expected a and b [NCHW] of the same shape, got ", a.shape().DebugString(),
                                            " and ", b.shape().DebugString()));
        Tensor* sums;
        OP_REQUIRES_OK(context, context->allocate_output(0, TensorShape({a.dim_size(0), a.dim_size(1)}), &sums));
        const float *a_data = data(a), *b_data = data(b);
        float* sums_data = data(sums);
        for_each_map(context, a.shape(), [=](int64_t i, int64_t offset, int64_t size) {
            sums_data[i] = dnnlib::dot_maps(a_data + offset, b_data + offset, size);
        });
    }
};

class SumSquaredTaps : public OpKernel {
  public:
    using OpKernel::OpKernel;

    void Compute(OpKernelContext* context) override {
        const Tensor& w = context->input(0);
        OP_REQUIRES(context, w.dims() == 4,
                    errors::InvalidArgument("expected w [kkIO], got ", w.shape().DebugString()));
        Tensor* sums;
        OP_REQUIRES_OK(context, context->allocate_output(0, TensorShape({w.dim_size(2), w.dim_size(3)}), &sums));
        const float* w_data = data(w);
        float* sums_data = data(sums);
        const int64_t taps = w.dim_size(0) * w.dim_size(1), size = sums->NumElements(), unit = dnnlib::kLanes;
        dnnlib::parallel_for(context, dnnlib::ceil_div(size, unit), 4 * (1 + taps), [=](int64_t begin, int64_t end) {
            dnnlib::sum_squares(w_data, taps, size, begin * unit, std::min(end * unit, size), sums_data);
        });
    }
};

Status infer_product(InferenceContext* context) {
    ShapeHandle x, s;
    DimensionHandle batch, channels;
    TF_RETURN_IF_ERROR(context->WithRank(context->input(0), 4, &x));
    TF_RETURN_IF_ERROR(context->WithRank(context->input(1), 2, &s));
    TF_RETURN_IF_ERROR(context->Merge(context->Dim(x, 0), context->Dim(s, 0), &batch));
    TF_RETURN_IF_ERROR(context->Merge(context->Dim(x, 1), context->Dim(s, 1), &channels));
    context->set_output(0, context->MakeShape({batch, channels, context->Dim(x, 2), context->Dim(x, 3)}));
    return dnnlib::ok_status();
}

Status infer_sums(InferenceContext* context) {
    ShapeHandle a;
    TF_RETURN_IF_ERROR(context->WithRank(context->input(0), 4, &a));
    TF_RETURN_IF_ERROR(context->Merge(a, context->input(1), &a));
    context->set_output(0, context->Matrix(context->Dim(a, 0), context->Dim(a, 1)));
    return dnnlib::ok_status();
}

Status infer_sum_of_taps(InferenceContext* context) {
    ShapeHandle w;
    TF_RETURN_IF_ERROR(context->WithRank(context->input(0), 4, &w));
    context->set_output(0, context->Matrix(context->Dim(w, 2), context->Dim(w, 3)));
    return dnnlib::ok_status();
}

}  // namespace

REGISTER_OP("ChannelScale").Input("x: float").Input("s: float").Output("y: float").SetShapeFn(infer_product);
REGISTER_OP("ChannelDot").Input("a: float").Input("b: float").Output("sums: float").SetShapeFn(infer_sums);
REGISTER_OP("SumSquaredTaps").Input("w: float").Output("sums: float").SetShapeFn(infer_sum_of_taps);

REGISTER_KERNEL_BUILDER(Name("ChannelScale").Device(DEVICE_CPU), ChannelScale);
REGISTER_KERNEL_BUILDER(Name("ChannelDot").Device(DEVICE_CPU), ChannelDot);
REGISTER_KERNEL_BUILDER(Name("SumSquaredTaps").Device(DEVICE_CPU), SumSquaredTaps);

}  // namespace tensorflow
