// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// Ops DenseProduct and DenseWeightGrad for the CPU; see dense.py.

#include "dense.h"

#include <vector>

#include "../shared/op_support.h"

namespace tensorflow {
namespace {

using dnnlib::DenseShape;
using dnnlib::Range;
using dnnlib::kBatchBlock;
using dnnlib::kColumns;
using dnnlib::kDotRows;
using dnnlib::kLanes;
using dnnlib::kRows;
using dnnlib::data;
using dnnlib::get_scratch;
using shape_inference::DimensionHandle;
using shape_inference::InferenceContext;
using shape_inference::ShapeHandle;

// Cycles of a product of so many vectors.
int64_t estimate_cost(int64_t num_vectors) { return num_vectors / 2; }

// Cut 0 ... size - 1 into parts and call work(samples, range) on all threads for all samples, at most kBatchBlock at a
// time, and all parts, as many in a row as a thread gets. The cost is that of one sample and one part.
template <class Work>
void for_each_block(OpKernelContext* context, int64_t batch, int64_t size, int64_t part, int64_t cost,
                    const Work& work) {
    const int64_t num_blocks = dnnlib::ceil_div(batch, kBatchBlock), num_parts = dnnlib::ceil_div(size, part);
    const int64_t block_cost = cost * std::min(dnnlib::round_up(batch, kRows), kBatchBlock);
    dnnlib::parallel_for(context, num_blocks * num_parts, block_cost, [&](int64_t begin, int64_t end) {
        while (begin < end) {
            const int64_t block = begin / num_parts, first = begin % num_parts;
            const int64_t count = std::min(num_parts - first, end - begin);
            work(Range{block * kBatchBlock, std::min((block + 1) * kBatchBlock, batch)},
                 Range{first * part, std::min((first + count) * part, size)});
            begin += count;
        }
    });
}

class DenseProduct : public OpKernel {
  public:
    explicit DenseProduct(OpKernelConstruction* context) : OpKernel(context) {
        OP_REQUIRES_OK(context, context->GetAttr("gain", &gain_));
        OP_REQUIRES_OK(context, context->GetAttr("adjoint", &adjoint_));
    }

    void Compute(OpKernelContext* context) override {
        const Tensor &x = context->input(0), &w = context->input(1);
        OP_REQUIRES(context, x.dims() == 2 && w.dims() == 2 && x.dim_size(1) == w.dim_size(adjoint_ ? 1 : 0),
                    errors::InvalidArgument("expected x [NI] and w [IO], got ", x.shape().DebugString(), " and ",
                                            w.shape().DebugString(), adjoint_ ? " (adjoint)" : ""));
        const DenseShape shape{x.dim_size(0), w.dim_size(0), w.dim_size(1)};
        Tensor* y;
        const TensorShape y_shape({shape.batch, adjoint_ ? shape.in : shape.out});
        OP_REQUIRES_OK(context, context->allocate_output(0, y_shape, &y));
        if (adjoint_)
            run_adjoint(context, shape, data(x), data(w), data(y));
        else
            run(context, shape, data(x), data(w), data(y));
    }

  private:
    void run(OpKernelContext* context, const DenseShape& shape, const float* x, const float* w, float* y) {
        const int64_t cost = estimate_cost(shape.in * kColumns / kLanes);
        const auto work = [&](const Range& samples, const Range& columns) {
            float* scratch = get_scratch(dnnlib::dense_scratch_size(samples, columns));
            dnnlib::dense_product(shape, samples, columns, x, w, gain_, scratch, y);
        };
        for_each_block(context, shape.batch, shape.out, kColumns, cost, work);
    }

    void run_adjoint(OpKernelContext* context, const DenseShape& shape, const float* x, const float* w, float* y) {
        const int64_t cost = estimate_cost(dnnlib::ceil_div(shape.out, kLanes) * kDotRows + kDotRows);
        const auto work = [&](const Range& samples, const Range& rows) {
            float* scratch = get_scratch(dnnlib::dense_adjoint_scratch_size(shape, samples));
            dnnlib::dense_adjoint(shape, samples, rows, x, w, gain_, scratch, y);
        };
        for_each_block(context, shape.batch, shape.in, kDotRows, cost, work);
    }

    float gain_;
    bool adjoint_;
};

class DenseWeightGrad : public OpKernel {
  public:
    explicit DenseWeightGrad(OpKernelConstruction* context) : OpKernel(context) {
        OP_REQUIRES_OK(context, context->GetAttr("gain", &gain_));
    }

    void Compute(OpKernelContext* context) override {
        const Tensor &x = context->input(0), &dy = context->input(1);
        OP_REQUIRES(context, x.dims() == 2 && dy.dims() == 2 && x.dim_size(0) == dy.dim_size(0),
                    errors::InvalidArgument("expected x [NI] and dy [NO], got ", x.shape().DebugString(), " and ",
                                            dy.shape().DebugString()));
        const DenseShape shape{x.dim_size(0), x.dim_size(1), dy.dim_size(1)};
        Tensor* dw;
        OP_REQUIRES_OK(context, context->allocate_output(0, TensorShape({shape.in, shape.out}), &dw));
        const float *x_data = data(x), *dy_data = data(dy);
        float* dw_data = data(dw);
        const int64_t num_parts = dnnlib::ceil_div(shape.in, kRows);
        const int64_t cost = estimate_cost((shape.batch + kRows) * dnnlib::ceil_div(shape.out, kLanes) * kRows);
        dnnlib::parallel_for(context, num_parts, cost, [&](int64_t begin, int64_t end) {
            float* scratch = get_scratch(dnnlib::dense_gradient_scratch_size(shape));
            const Range rows{begin * kRows, std::min(end * kRows, shape.in)};
            dnnlib::dense_gradient(shape, rows, x_data, dy_data, gain_, scratch, dw_data);
        });
    }

  private:
    float gain_;
};

Status infer_product(InferenceContext* context) {
    bool adjoint;
    TF_RETURN_IF_ERROR(context->GetAttr("adjoint", &adjoint));
    ShapeHandle x, w;
    DimensionHandle unused;
    TF_RETURN_IF_ERROR(context->WithRank(context->input(0), 2, &x));
    TF_RETURN_IF_ERROR(context->WithRank(context->input(1), 2, &w));
    TF_RETURN_IF_ERROR(context->Merge(context->Dim(x, 1), context->Dim(w, adjoint ? 1 : 0), &unused));
    context->set_output(0, context->Matrix(context->Dim(x, 0), context->Dim(w, adjoint ? 0 : 1)));
    return dnnlib::ok_status();
}

Status infer_weight_gradient(InferenceContext* context) {
    ShapeHandle x, dy;
    DimensionHandle unused;
    TF_RETURN_IF_ERROR(context->WithRank(context->input(0), 2, &x));
    TF_RETURN_IF_ERROR(context->WithRank(context->input(1), 2, &dy));
    TF_RETURN_IF_ERROR(context->Merge(context->Dim(x, 0), context->Dim(dy, 0), &unused));
    context->set_output(0, context->Matrix(context->Dim(x, 1), context->Dim(dy, 1)));
    return dnnlib::ok_status();
}

}  // namespace

REGISTER_OP("DenseProduct")
    .Input("x: float")
    .Input("w: float")
    .Output("y: float")
    .Attr("gain: float = 1")
    .Attr("adjoint: bool = false")
    .SetShapeFn(infer_product);

REGISTER_OP("DenseWeightGrad")
    .Input("x: float")
    .Input("dy: float")
    .Output("dw: float")
    .Attr("gain: float = 1")
    .SetShapeFn(infer_weight_gradient);

REGISTER_KERNEL_BUILDER(Name("DenseProduct").Device(DEVICE_CPU), DenseProduct);
REGISTER_KERNEL_BUILDER(Name("DenseWeightGrad").Device(DEVICE_CPU), DenseWeightGrad);

}  // namespace tensorflow
