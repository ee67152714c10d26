// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// Bias, activation function, gain and clamp: the ops of TensorFlow, and their kernels for the CPU and (DNNLIB_CUDA) the
// GPU. The ops do not look at inputs that a function has no need of, so any other tensor may be in their place.

#ifdef DNNLIB_CUDA
#define EIGEN_USE_GPU
#define GOOGLE_CUDA 1
#endif

#include "bias_act_rows.h"

#include <limits>

#include "../shared/op_support.h"
#ifdef DNNLIB_CUDA
#include "unsupported/Eigen/CXX11/Tensor"
#endif

namespace tensorflow {
namespace {

using dnnlib::bias_act::HostLoops;
using dnnlib::bias_act::HostTiles;
using dnnlib::bias_act::Params;
using dnnlib::bias_act::Tiles;
using dnnlib::bias_act::find_host_loops;
using dnnlib::data;
using dnnlib::bias_act::sums_of;
using shape_inference::InferenceContext;
using shape_inference::ShapeHandle;

// ---------------------------------------------------------------------------------------------------------------------
// Shapes.

template <int kBig, int kBias>
Status same_shapes(InferenceContext* context) {
    ShapeHandle bias;
    TF_RETURN_IF_ERROR(context->WithRank(context->input(kBias), 1, &bias));
    context->set_output(0, context->input(kBig));
    if (context->num_outputs() > 1) context->set_output(1, bias);
    return dnnlib::ok_status();
}

Status second_shapes(InferenceContext* context) {
    int act;
    TF_RETURN_IF_ERROR(context->GetAttr("act", &act));
    HostLoops loops = {};
    find_host_loops(act, &loops);
    const ShapeHandle none = context->Vector(0);
    context->set_output(0, context->input(0));
    context->set_output(1, loops.curved ? context->input(3) : none);
    context->set_output(2, loops.curved && loops.reads_x ? context->input(4) : none);
    return dnnlib::ok_status();
}

// ---------------------------------------------------------------------------------------------------------------------
// The devices.

struct Cpu {};

template <typename T>
void run(Cpu, OpKernelContext* context, const HostLoops& loops, const Params& p) {
    const HostTiles<T> tiles(p, loops);
    const int64_t cost = loops.curved ? 8 : 2;  // Cycles per element, roughly.
    dnnlib::parallel_for(context, tiles.count(), cost * tiles.largest(), [&](int64_t begin, int64_t end) {
        HostTiles<T>(p, loops).compute(begin, end);
    });
    if (!sums_of(p)) return;
    dnnlib::parallel_for(context, p.channels, 2 * tiles.sums_per_channel(),
                         [&](int64_t begin, int64_t end) { tiles.finish_sums(begin, end); });
}

#ifdef DNNLIB_CUDA
struct Gpu {};

template <typename T>
void run(Gpu, OpKernelContext* context, const HostLoops&, const Params& p) {
    const char* error = fused_bias_act_launch(&p, context->eigen_device<Eigen::GpuDevice>().stream());
    OP_REQUIRES(context, !error, errors::Internal("fused_bias_act: ", error));
}
#endif

// ---------------------------------------------------------------------------------------------------------------------
// The kernels, the same for all devices.

template <typename Device, typename T>
class Kernel : public OpKernel {
  public:
    explicit Kernel(OpKernelConstruction* context) : OpKernel(context) {
        OP_REQUIRES_OK(context, context->GetAttr("axis", &axis_));
        OP_REQUIRES_OK(context, context->GetAttr("act", &params_.act));
        OP_REQUIRES_OK(context, context->GetAttr("alpha", &params_.alpha));
        OP_REQUIRES_OK(context, context->GetAttr("gain", &params_.gain));
        OP_REQUIRES_OK(context, context->GetAttr("clamp", &params_.clamp));
        OP_REQUIRES(context, find_host_loops(params_.act, &loops_),
                    errors::InvalidArgument("unknown function number ", params_.act));
        params_.dtype = dnnlib::DType<T>::value;
        is_clamped_ = params_.clamp >= 0;
        params_.clamp = is_clamped_ ? static_cast<float>(static_cast<T>(params_.clamp))
                                    : std::numeric_limits<float>::quiet_NaN();
    }

  protected:
    // Say how a tensor divides into channels, and set what else all orders have in common.
    Status describe(int order, const Tensor& big, const Tensor& b, Params* p) const {
        *p = params_;
        p->order = order;
        p->outer = p->channels = 1;
        p->inner = big.NumElements();
        if (b.dims() != 1) return errors::InvalidArgument("b must be a vector, got shape ", b.shape().DebugString());
        if (b.NumElements() == 0) return dnnlib::ok_status();
        if (axis_ >= big.dims() || big.dim_size(axis_) != b.NumElements()) {
            return errors::InvalidArgument("b ", b.shape().DebugString(), " does not fit axis ", axis_, " of ",
                                           big.shape().DebugString());
        }
        p->b = data<T>(b);
        p->channels = b.NumElements();
        p->inner = 1;
        for (int i = 0; i < axis_; i++) p->outer *= big.dim_size(i);
        for (int i = axis_ + 1; i < big.dims(); i++) p->inner *= big.dim_size(i);
        return dnnlib::ok_status();
    }

    // The reference, or any tensor of its size where nothing depends on it: linear without a clamp.
    Status find_reference(const Tensor& r, const Tensor& big, Params* p) const {
        p->r = data<T>(big);
        if (params_.act == 1 && !is_clamped_) return dnnlib::ok_status();
        p->r = data<T>(r);
        return same_shape(r, big);
    }

    static Status same_shape(const Tensor& a, const Tensor& b) {
        if (a.shape() == b.shape()) return dnnlib::ok_status();
        return errors::InvalidArgument("shapes must be the same, got ", a.shape().DebugString(), " and ",
                                       b.shape().DebugString());
    }

    void execute(OpKernelContext* context, Params* p) const {
        Tensor partial_sums;
        if (sums_of(*p)) {
            const TensorShape shape({num_partial_sums(Tiles(*p))});
            OP_REQUIRES_OK(context, context->allocate_temp(DT_FLOAT, shape, &partial_sums));
            p->partial_sums = partial_sums.flat<float>().data();
        }
        run<T>(Device(), context, loops_, *p);
    }

    // Nothing is to be computed: dx is dy.
    bool is_identity() const { return params_.act == 1 && params_.gain == 1 && !is_clamped_; }

    const HostLoops& loops() const { return loops_; }

  private:
    Params params_ = {};
    HostLoops loops_;
    int axis_;
    bool is_clamped_;
};

template <typename Device, typename T>
struct ValueKernel : Kernel<Device, T> {
    using Kernel<Device, T>::Kernel;

    void Compute(OpKernelContext* context) override {
        const Tensor &x = context->input(0), &b = context->input(1);
        Tensor* y;
        Params p;
        OP_REQUIRES_OK(context, this->describe(0, x, b, &p));
        p.x = data<T>(x);
        OP_REQUIRES_OK(context, context->forward_input_or_allocate_output({0}, 0, x.shape(), &y));
        p.y = data<T>(y);
        this->execute(context, &p);
    }
};

template <typename Device, typename T>
struct GradientKernel : Kernel<Device, T> {
    using Kernel<Device, T>::Kernel;

    void Compute(OpKernelContext* context) override {
        const Tensor &dy = context->input(0), &r = context->input(1), &b = context->input(2);
        Tensor *dx, *db;
        Params p;
        OP_REQUIRES_OK(context, this->describe(1, dy, b, &p));
        OP_REQUIRES_OK(context, this->find_reference(r, dy, &p));
        p.dy = data<T>(dy);
        if (this->is_identity()) {
            context->set_output(0, dy);
        } else {
            OP_REQUIRES_OK(context, context->forward_input_or_allocate_output({0}, 0, dy.shape(), &dx));
            p.dx = data<T>(dx);
        }
        OP_REQUIRES_OK(context, context->allocate_output(1, b.shape(), &db));
        if (p.b) p.db = data<T>(db);
        this->execute(context, &p);
    }
};

template <typename Device, typename T>
struct SecondKernel : Kernel<Device, T> {
    using Kernel<Device, T>::Kernel;

    void Compute(OpKernelContext* context) override {
        const Tensor &d_dx = context->input(0), &d_db = context->input(1), &dy = context->input(2);
        const Tensor &r = context->input(3), &b = context->input(4);
        const bool curved = this->loops().curved, sums = curved && this->loops().reads_x;
        Tensor *d_dy, *d_r, *d_b;
        Params p;
        OP_REQUIRES_OK(context, this->describe(2, d_dx, b, &p));
        OP_REQUIRES_OK(context, this->find_reference(r, d_dx, &p));
        OP_REQUIRES_OK(context, this->same_shape(d_db, b));
        p.d_dx = data<T>(d_dx);
        p.d_db = p.b ? data<T>(d_db) : nullptr;
        if (curved) {
            OP_REQUIRES_OK(context, this->same_shape(dy, d_dx));
            p.dy = data<T>(dy);
        }
        OP_REQUIRES_OK(context, context->forward_input_or_allocate_output({0}, 0, d_dx.shape(), &d_dy));
        OP_REQUIRES_OK(context, context->allocate_output(1, curved ? r.shape() : TensorShape({0}), &d_r));
        OP_REQUIRES_OK(context, context->allocate_output(2, sums ? b.shape() : TensorShape({0}), &d_b));
        p.d_dy = data<T>(d_dy);
        p.d_r = curved ? data<T>(d_r) : nullptr;
        p.d_b = sums && p.b ? data<T>(d_b) : nullptr;
        this->execute(context, &p);
    }
};

}  // namespace

#define DNNLIB_BIAS_ACT_ATTRIBUTES                                                   \
    Attr("T: {float, half, bfloat16}")                                               \
        .Attr("axis: int >= 0 = 1") /* Of the big tensors; the bias belongs to it. */ \
        .Attr("act: int >= 1 = 1")                                                   \
        .Attr("alpha: float = 0")                                                    \
        .Attr("gain: float = 1")                                                     \
        .Attr("clamp: float = -1") /* Below 0: none. */

REGISTER_OP("FusedBiasAct")
    .Input("x: T")
    .Input("b: T")
    .Output("y: T")
    .DNNLIB_BIAS_ACT_ATTRIBUTES.SetShapeFn(same_shapes<0, 1>);

// r is x or y, see fused_bias_act.h.
REGISTER_OP("FusedBiasActGrad")
    .Input("dy: T")
    .Input("r: T")
    .Input("b: T")
    .Output("dx: T")
    .Output("db: T")
    .DNNLIB_BIAS_ACT_ATTRIBUTES.SetShapeFn(same_shapes<0, 2>);

// d_r and d_b are empty where they are 0 for every input.
REGISTER_OP("FusedBiasActGradGrad")
    .Input("d_dx: T")
    .Input("d_db: T")
    .Input("dy: T")
    .Input("r: T")
    .Input("b: T")
    .Output("d_dy: T")
    .Output("d_r: T")
    .Output("d_b: T")
    .DNNLIB_BIAS_ACT_ATTRIBUTES.SetShapeFn(second_shapes);

#define DNNLIB_REGISTER(device, place, T)                                                                             \
    REGISTER_KERNEL_BUILDER(Name("FusedBiasAct").Device(place).TypeConstraint<T>("T"), ValueKernel<device, T>);        \
    REGISTER_KERNEL_BUILDER(Name("FusedBiasActGrad").Device(place).TypeConstraint<T>("T"), GradientKernel<device, T>); \
    REGISTER_KERNEL_BUILDER(Name("FusedBiasActGradGrad").Device(place).TypeConstraint<T>("T"), SecondKernel<device, T>)

DNNLIB_FOR_TYPES(DNNLIB_REGISTER, Cpu, DEVICE_CPU);
#ifdef DNNLIB_CUDA
DNNLIB_FOR_TYPES(DNNLIB_REGISTER, Gpu, DEVICE_GPU);
#endif

}  // namespace tensorflow
