// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// Ops ResampleConv2D and ResampleConv2DFilterGrad for the CPU; see conv_2d.py.

#include "conv_2d.h"

#include "../shared/op_support.h"
#include "thin_conv.h"
#include "winograd.h"

namespace tensorflow {
namespace {

using dnnlib::Band;
using dnnlib::Conv2DShape;
using dnnlib::ConvPlan;
using dnnlib::DownTiles;
using dnnlib::PlainTiles;
using dnnlib::UpTiles;
using dnnlib::WinogradPlan;
using dnnlib::ceil_div;
using dnnlib::get_scratch;
using shape_inference::DimensionHandle;
using shape_inference::InferenceContext;
using shape_inference::ShapeHandle;

constexpr int64_t kBandBytes = 512 << 10;  // Of operands, to stay in a core's second cache beside a part of the kernel.

struct Attributes {
    int64_t up, down, pad0, pad1[2];  // The pads at the end in y and x.
    float gain;

    template <class Context>
    Status get(Context* context) {
        int up_attr, down_attr, pad0_attr, pady1, padx1;
        TF_RETURN_IF_ERROR(context->GetAttr("up", &up_attr));
        TF_RETURN_IF_ERROR(context->GetAttr("down", &down_attr));
        TF_RETURN_IF_ERROR(context->GetAttr("pad0", &pad0_attr));
        TF_RETURN_IF_ERROR(context->GetAttr("pady1", &pady1));
        TF_RETURN_IF_ERROR(context->GetAttr("padx1", &padx1));
        TF_RETURN_IF_ERROR(context->GetAttr("gain", &gain));
        up = up_attr, down = down_attr, pad0 = pad0_attr, pad1[0] = pady1, pad1[1] = padx1;
        if (up < 1 || down < 1 || (up > 1 && down > 1))
            return errors::InvalidArgument("up and down must be positive, and one of them 1, got ", up, " and ", down);
        return dnnlib::ok_status();
    }

    int64_t out_size(int axis, int64_t in_size, int64_t kernel) const {
        return dnnlib::floor_div(in_size * up + pad0 + pad1[axis] - kernel, down) + 1;
    }
};

Status make_shape(const Attributes& attributes, const TensorShape& x, const TensorShape& w, bool adjoint,
                  Conv2DShape* shape) {
    if (x.dims() != 4 || w.dims() != 4 || w.dim_size(0) != w.dim_size(1))
        return errors::InvalidArgument("expected x [NCHW] and w [kkIO], got ", x.DebugString(), " and ",
                                       w.DebugString());
    const int64_t in_fmaps = w.dim_size(adjoint ? 3 : 2), out_fmaps = w.dim_size(adjoint ? 2 : 3);
    const int64_t kernel = w.dim_size(0);
    if (x.dim_size(1) != in_fmaps)
        return errors::InvalidArgument("kernel ", w.DebugString(), " does not fit x ", x.DebugString());
    if (w.num_elements() == 0)
        return errors::InvalidArgument("kernel ", w.DebugString(), " has no elements");
    const int64_t out_h = attributes.out_size(0, x.dim_size(2), kernel);
    const int64_t out_w = attributes.out_size(1, x.dim_size(3), kernel);
    if (out_h < 1 || out_w < 1)
        return errors::InvalidArgument("kernel ", w.DebugString(), " leaves nothing of x ", x.DebugString());
    *shape = Conv2DShape{x.dim_size(0),  in_fmaps, out_fmaps,     x.dim_size(2),   x.dim_size(3),  out_h,
                         out_w, kernel,   attributes.up, attributes.down, attributes.pad0};
    return dnnlib::ok_status();
}

// Cut rows, each with so many floats of operands, into bands of whole units that fit into the cache, at least two per
// thread.
std::vector<Band> make_bands(OpKernelContext* context, int64_t num_rows, int64_t unit, int64_t floats_per_row) {
    const int num_threads = context->device()->tensorflow_cpu_worker_threads()->num_threads;
    const int64_t num_units = ceil_div(num_rows, unit);
    const int64_t by_cache = std::max<int64_t>(kBandBytes / (unit * floats_per_row * sizeof(float)), 1);
    const int64_t by_threads = std::max<int64_t>(num_units / (2 * num_threads), 1);
    const int64_t count = ceil_div(num_units, std::min(by_cache, by_threads));
    const auto bound = [&](int64_t i) { return std::min(num_units * i / count * unit, num_rows); };
    std::vector<Band> bands;
    for (int64_t i = 0; i < count; i++) bands.push_back({bound(i), bound(i + 1)});
    return bands;
}

// Call work(i) for i = 0 ... count - 1 on all threads; all together are so many multiplications.
template <class Work>
void for_each(OpKernelContext* context, int64_t count, int64_t num_multiplications, const Work& work) {
    const int64_t cost = num_multiplications / (count * dnnlib::kLanes);
    dnnlib::parallel_for(context, count, cost, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; i++) work(i);
    });
}

class ResampleKernel : public OpKernel {
  public:
    explicit ResampleKernel(OpKernelConstruction* context) : OpKernel(context) {
        OP_REQUIRES_OK(context, attributes_.get(context));
    }

  protected:
    Attributes attributes_;
};

class ResampleConv2D : public ResampleKernel {
  public:
    explicit ResampleConv2D(OpKernelConstruction* context) : ResampleKernel(context) {
        OP_REQUIRES_OK(context, context->GetAttr("adjoint", &adjoint_));
    }

    void Compute(OpKernelContext* context) override {
        const Tensor &x = context->input(0), &w = context->input(1);
        Conv2DShape shape;
        OP_REQUIRES_OK(context, make_shape(attributes_, x.shape(), w.shape(), adjoint_, &shape));
        Tensor* y;
        const TensorShape y_shape({shape.batch, shape.out_fmaps, shape.out_h, shape.out_w});
        OP_REQUIRES_OK(context, context->allocate_output(0, y_shape, &y));
        if (y_shape.num_elements() == 0) return;
        const float *x_data = x.flat<float>().data(), *w_data = w.flat<float>().data();
        float* y_data = y->flat<float>().data();
        if (dnnlib::is_thin(shape))
            run_thin(context, shape, {w_data, adjoint_, attributes_.gain}, x_data, y_data);
        else if (dnnlib::fits(shape, PlainTiles()))
            OP_REQUIRES_OK(context, run_winograd<PlainTiles>(context, shape, x_data, w_data, y_data));
        else if (dnnlib::fits(shape, DownTiles()))
            OP_REQUIRES_OK(context, run_winograd<DownTiles>(context, shape, x_data, w_data, y_data));
        else if (dnnlib::fits(shape, UpTiles()))
            OP_REQUIRES_OK(context, run_winograd<UpTiles>(context, shape, x_data, w_data, y_data));
        else
            OP_REQUIRES_OK(context, run(context, ConvPlan(shape), x_data, w_data, y_data));
    }

  private:
    // Make `packed` of some size by pack(kernel, block, target) for all blocks of the kernel.
    template <class Pack>
    Status pack_kernel(OpKernelContext* context, const Conv2DShape& shape, const float* w, int64_t size, Tensor* packed,
                       const Pack& pack) {
        TF_RETURN_IF_ERROR(context->allocate_temp(DT_FLOAT, TensorShape({size}), packed));
        const dnnlib::Kernel kernel{w, adjoint_, attributes_.gain};
        const int64_t num_blocks = dnnlib::num_kernel_blocks(shape);
        float* target = packed->flat<float>().data();
        dnnlib::parallel_for(context, num_blocks, size / num_blocks / 2, [&](int64_t begin, int64_t end) {
            for (int64_t block = begin; block < end; block++) pack(shape, kernel, block, target);
        });
        return dnnlib::ok_status();
    }

    Status run(OpKernelContext* context, const ConvPlan& plan, const float* x, const float* w, float* y) {
        Tensor packed;
        const int64_t size = dnnlib::packed_kernel_size(plan.shape);
        TF_RETURN_IF_ERROR(pack_kernel(context, plan.shape, w, size, &packed, dnnlib::pack_kernel_block));
        const float* kernel = packed.flat<float>().data();
        const int64_t floats_per_row = plan.in_layout.row_size * (plan.num_in_planes() * plan.in_layout.stride +
                                                                  plan.num_out_planes() * dnnlib::kColumns);
        const auto bands = make_bands(context, plan.total_rows(), plan.row_unit(), floats_per_row);
        for_each(context, bands.size(), plan.num_multiplications(), [&](int64_t i) {
            float* scratch = get_scratch(dnnlib::conv_scratch_size(plan, bands[i]));
            dnnlib::conv_band(plan, bands[i], x, kernel, scratch, y);
        });
        return dnnlib::ok_status();
    }

    template <class Tiles>
    Status run_winograd(OpKernelContext* context, const Conv2DShape& shape, const float* x, const float* w, float* y) {
        const WinogradPlan<Tiles> plan(shape);
        Tensor packed, shared;
        const int64_t size = dnnlib::transformed_kernel_size(shape);
        TF_RETURN_IF_ERROR(pack_kernel(context, shape, w, size, &packed, dnnlib::transform_kernel_block<Tiles>));
        const float* kernel = packed.flat<float>().data();
        const int64_t floats_per_row = plan.tiles_x * plan.num_points * (plan.in_layout.stride + dnnlib::kColumns);
        const auto bands = make_bands(context, plan.total_rows(), plan.row_unit(), floats_per_row);
        const int64_t row_size = plan.overlap * shape.out_fmaps * shape.out_w;
        const TensorShape shared_shape({static_cast<int64_t>(bands.size()) * row_size});
        TF_RETURN_IF_ERROR(context->allocate_temp(DT_FLOAT, shared_shape, &shared));
        float* shared_rows = shared.flat<float>().data();
        for_each(context, bands.size(), plan.num_multiplications(), [&](int64_t i) {
            float* scratch = get_scratch(dnnlib::winograd_scratch_size(plan, bands[i]));
            dnnlib::winograd_band(plan, bands[i], x, kernel, scratch, y, shared_rows + i * row_size);
        });
        dnnlib::parallel_for(context, plan.overlap * bands.size(), row_size, [&](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end; i++) dnnlib::add_shared_row(plan, bands[i], shared_rows + i * row_size, y);
        });
        return dnnlib::ok_status();
    }

    void run_thin(OpKernelContext* context, const Conv2DShape& shape, const dnnlib::Kernel& kernel, const float* x,
                  float* y) {
        const int64_t cost = 8 * (shape.in_fmaps + shape.out_fmaps);
        dnnlib::parallel_for(context, dnnlib::num_thin_runs(shape), cost, [&](int64_t begin, int64_t end) {
            for (int64_t run = begin; run < end; run++) dnnlib::thin_conv(shape, kernel, run, x, y);
        });
    }

    bool adjoint_;
};

class ResampleConv2DFilterGrad : public ResampleKernel {
  public:
    explicit ResampleConv2DFilterGrad(OpKernelConstruction* context) : ResampleKernel(context) {
        OP_REQUIRES_OK(context, context->GetAttr("kernel", &kernel_));
    }

    void Compute(OpKernelContext* context) override {
        const Tensor &x = context->input(0), &dy = context->input(1);
        OP_REQUIRES(context, x.dims() == 4 && dy.dims() == 4 && x.dim_size(0) == dy.dim_size(0),
                    errors::InvalidArgument("expected x and dy [NCHW] of one minibatch, got ", x.shape().DebugString(),
                                            " and ", dy.shape().DebugString()));
        const TensorShape w_shape({kernel_, kernel_, x.dim_size(1), dy.dim_size(1)});
        Conv2DShape shape;
        OP_REQUIRES_OK(context, make_shape(attributes_, x.shape(), w_shape, false, &shape));
        OP_REQUIRES(context, dy.dim_size(2) == shape.out_h && dy.dim_size(3) == shape.out_w,
                    errors::InvalidArgument("dy ", dy.shape().DebugString(), " does not fit x ",
                                            x.shape().DebugString()));
        Tensor* dw;
        OP_REQUIRES_OK(context, context->allocate_output(0, w_shape, &dw));
        if (w_shape.num_elements() == 0) return;
        Tensor sums;
        const float *x_data = x.flat<float>().data(), *dy_data = dy.flat<float>().data();
        if (dnnlib::is_thin(shape)) {
            OP_REQUIRES_OK(context, sum_thin(context, shape, x_data, dy_data, &sums));
            dnnlib::store_thin_sums(shape, sums.flat<float>().data(), attributes_.gain, dw->flat<float>().data());
            return;
        }
        if (dnnlib::fits(shape, PlainTiles()))
            OP_REQUIRES_OK(context, sum_winograd<PlainTiles>(context, shape, x_data, dy_data, &sums));
        else if (dnnlib::fits(shape, DownTiles()))
            OP_REQUIRES_OK(context, sum_winograd<DownTiles>(context, shape, x_data, dy_data, &sums));
        else if (dnnlib::fits(shape, UpTiles()))
            OP_REQUIRES_OK(context, sum_winograd<UpTiles>(context, shape, x_data, dy_data, &sums));
        else
            OP_REQUIRES_OK(context, sum(context, ConvPlan(shape), x_data, dy_data, &sums));
        store(context, shape, sums.flat<float>().data(), dw->flat<float>().data());
    }

  private:
    // Add up pieces of work on all threads: add(i, target) adds one to the sums of its slice. Slices are fixed, so that
    // the result does not depend on which thread is first.
    template <class Add>
    Status sum_slices(OpKernelContext* context, int64_t count, int64_t num_multiplications, int64_t size, Tensor* sums,
                      const Add& add) {
        const int num_threads = context->device()->tensorflow_cpu_worker_threads()->num_threads;
        const int64_t num_slices = std::max<int64_t>(std::min<int64_t>(num_threads, count), 1);
        TF_RETURN_IF_ERROR(context->allocate_temp(DT_FLOAT, TensorShape({num_slices * size}), sums));
        float* data = sums->flat<float>().data();
        for_each(context, num_slices, num_multiplications, [&](int64_t slice) {
            float* target = data + slice * size;
            std::memset(target, 0, size * sizeof(float));
            for (int64_t i = count * slice / num_slices; i < count * (slice + 1) / num_slices; i++) add(i, target);
        });
        dnnlib::parallel_for(context, size, num_slices, [&](int64_t begin, int64_t end) {
            for (int64_t slice = 1; slice < num_slices; slice++)
                for (int64_t i = begin; i < end; i++) data[i] += data[slice * size + i];
        });
        return dnnlib::ok_status();
    }

    Status sum(OpKernelContext* context, const ConvPlan& plan, const float* x, const float* dy, Tensor* sums) {
        const int64_t floats_per_row = plan.in_layout.row_size * (plan.num_in_planes() * plan.in_layout.stride +
                                                                  plan.num_out_planes() * plan.out_layout.stride);
        const auto bands = make_bands(context, plan.total_rows(), plan.row_unit(), floats_per_row);
        const int64_t size = dnnlib::kernel_sums_size(plan.shape);
        return sum_slices(context, bands.size(), plan.num_multiplications(), size, sums, [&](int64_t i, float* target) {
            float* scratch = get_scratch(dnnlib::kernel_gradient_scratch_size(plan, bands[i]));
            dnnlib::add_kernel_gradient(plan, bands[i], x, dy, scratch, target);
        });
    }

    template <class Tiles>
    Status sum_winograd(OpKernelContext* context, const Conv2DShape& shape, const float* x, const float* dy,
                        Tensor* sums) {
        const WinogradPlan<Tiles> plan(shape);
        const int64_t floats_per_tile = plan.num_points * (plan.in_layout.stride + plan.out_layout.stride) / 2;
        const auto bands = make_bands(context, plan.total_rows(), plan.row_unit(), plan.tiles_x * floats_per_tile);
        Tensor transformed;
        const int64_t size = dnnlib::winograd_sums_size(plan.shape);
        const auto add = [&](int64_t i, float* target) {
            float* scratch = get_scratch(dnnlib::winograd_gradient_scratch_size(plan, bands[i]));
            dnnlib::add_winograd_gradient(plan, bands[i], x, dy, scratch, target);
        };
        TF_RETURN_IF_ERROR(sum_slices(context, bands.size(), plan.num_multiplications(), size, &transformed, add));
        TF_RETURN_IF_ERROR(context->allocate_temp(DT_FLOAT, TensorShape({dnnlib::kernel_sums_size(plan.shape)}), sums));
        const float* source = transformed.flat<float>().data();
        float* target = sums->flat<float>().data();
        dnnlib::parallel_for(context, plan.shape.in_fmaps, 20 * plan.shape.out_fmaps, [&](int64_t begin, int64_t end) {
            for (int64_t channel = begin; channel < end; channel++)
                dnnlib::transform_kernel_sums<Tiles>(plan.shape, source, channel, target);
        });
        return dnnlib::ok_status();
    }

    Status sum_thin(OpKernelContext* context, const Conv2DShape& shape, const float* x, const float* dy, Tensor* sums) {
        const auto add = [&](int64_t run, float* target) { dnnlib::add_thin_gradient(shape, run, x, dy, target); };
        const int64_t num_runs = dnnlib::num_thin_runs(shape), size = dnnlib::thin_sums_size(shape);
        const int64_t num_multiplications = shape.batch * shape.out_h * shape.out_w * shape.in_fmaps * shape.out_fmaps;
        return sum_slices(context, num_runs, num_multiplications, size, sums, add);
    }

    void store(OpKernelContext* context, const Conv2DShape& s, const float* sums, float* dw) {
        const int64_t stride = dnnlib::round_up(s.out_fmaps, dnnlib::kLanes);
        const int64_t num_rows = s.kernel * s.kernel * s.in_fmaps;
        dnnlib::parallel_for(context, num_rows, s.out_fmaps, [&](int64_t begin, int64_t end) {
            for (int64_t row = begin; row < end; row++) {
                const int64_t tap = row / s.in_fmaps, channel = row % s.in_fmaps;
                const float* source = sums + (tap * dnnlib::kernel_sums_rows(s) + channel) * stride;
                float* target = dw + row * s.out_fmaps;
                for (int64_t map = 0; map < s.out_fmaps; map++) target[map] = source[map] * attributes_.gain;
            }
        });
    }

    int kernel_;
};

Status infer_output(InferenceContext* context) {
    Attributes attributes;
    TF_RETURN_IF_ERROR(attributes.get(context));
    bool adjoint;
    TF_RETURN_IF_ERROR(context->GetAttr("adjoint", &adjoint));
    ShapeHandle x, w;
    TF_RETURN_IF_ERROR(context->WithRank(context->input(0), 4, &x));
    TF_RETURN_IF_ERROR(context->WithRank(context->input(1), 4, &w));
    DimensionHandle unused, sizes[2];
    TF_RETURN_IF_ERROR(context->Merge(context->Dim(x, 1), context->Dim(w, adjoint ? 3 : 2), &unused));
    for (int axis = 0; axis < 2; axis++) {
        const DimensionHandle in_size = context->Dim(x, 2 + axis), kernel = context->Dim(w, 0);
        sizes[axis] = context->UnknownDim();
        if (!context->ValueKnown(in_size) || !context->ValueKnown(kernel)) continue;
        const int64_t out_size = attributes.out_size(axis, context->Value(in_size), context->Value(kernel));
        if (out_size < 1)
            return errors::InvalidArgument("a kernel of ", context->Value(kernel), " leaves nothing of ",
                                           context->Value(in_size), " pixels");
        sizes[axis] = context->MakeDim(out_size);
    }
    const DimensionHandle out_fmaps = context->Dim(w, adjoint ? 2 : 3);
    context->set_output(0, context->MakeShape({context->Dim(x, 0), out_fmaps, sizes[0], sizes[1]}));
    return dnnlib::ok_status();
}

Status infer_filter_gradient(InferenceContext* context) {
    int kernel;
    TF_RETURN_IF_ERROR(context->GetAttr("kernel", &kernel));
    ShapeHandle x, dy;
    TF_RETURN_IF_ERROR(context->WithRank(context->input(0), 4, &x));
    TF_RETURN_IF_ERROR(context->WithRank(context->input(1), 4, &dy));
    const DimensionHandle size = context->MakeDim(kernel);
    context->set_output(0, context->MakeShape({size, size, context->Dim(x, 1), context->Dim(dy, 1)}));
    return dnnlib::ok_status();
}

}  // namespace

REGISTER_OP("ResampleConv2D")
    .Input("x: float")
    .Input("w: float")
    .Output("y: float")
    .Attr("up: int = 1")
    .Attr("down: int = 1")
    .Attr("pad0: int = 0")
    .Attr("pady1: int = 0")
    .Attr("padx1: int = 0")
    .Attr("gain: float = 1")
    .Attr("adjoint: bool = false")
    .SetShapeFn(infer_output);

REGISTER_OP("ResampleConv2DFilterGrad")
    .Input("x: float")
    .Input("dy: float")
    .Output("dw: float")
    .Attr("kernel: int")
    .Attr("up: int = 1")
    .Attr("down: int = 1")
    .Attr("pad0: int = 0")
    .Attr("pady1: int = 0")
    .Attr("padx1: int = 0")
    .Attr("gain: float = 1")
    .SetShapeFn(infer_filter_gradient);

REGISTER_KERNEL_BUILDER(Name("ResampleConv2D").Device(DEVICE_CPU), ResampleConv2D);
REGISTER_KERNEL_BUILDER(Name("ResampleConv2DFilterGrad").Device(DEVICE_CPU), ResampleConv2DFilterGrad);

}  // namespace tensorflow
