// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// Achieved bandwidth of every kernel beside that of a plain copy on the same GPU, in the same run.

#include <cmath>
#include <fstream>
#include <functional>
#include <iomanip>
#include <sstream>

#include "checks.h"
#include "fused_bias_act/fused_bias_act.h"
#include "resampling.h"
#include "upfirdn_2d/upfirdn_2d.h"

namespace {

constexpr int64_t ARRAY_BYTES = int64_t(1) << 30;  // Of one large array.

// Images of one size; as many as fill ARRAY_BYTES.
struct Images {
    int64_t size, channels;
    bool channels_last;
    DType dtype;

    int64_t count() const { return ARRAY_BYTES / (size * size * channels * static_cast<int64_t>(get_item_bytes(dtype))); }
    int64_t num_elements() const { return count() * channels * size * size; }

    std::string describe() const {
        return std::to_string(count()) + " x " + std::to_string(size) + " x " + std::to_string(size) + " x " +
               std::to_string(channels) + (channels_last ? " NHWC" : " NCHW");
    }
};

void check_launch(const char* error) {
    if (error != nullptr) {
        throw std::runtime_error(error);
    }
}

// Return the shortest of some measured times of one call, in seconds.
double measure(const std::function<void()>& call) {
    const int num_groups = 5, num_calls = 5;
    cudaEvent_t begin, end;
    check_cuda(cudaEventCreate(&begin), "cudaEventCreate");
    check_cuda(cudaEventCreate(&end), "cudaEventCreate");
    call();
    double best = INFINITY;
    for (int group = 0; group < num_groups; ++group) {
        float milliseconds;
        check_cuda(cudaEventRecord(begin), "cudaEventRecord");
        for (int i = 0; i < num_calls; ++i) {
            call();
        }
        check_cuda(cudaEventRecord(end), "cudaEventRecord");
        check_cuda(cudaEventSynchronize(end), "a measured kernel");
        check_cuda(cudaEventElapsedTime(&milliseconds, begin, end), "cudaEventElapsedTime");
        best = std::min(best, milliseconds * 1e-3 / num_calls);
    }
    cudaEventDestroy(begin);
    cudaEventDestroy(end);
    return best;
}

void fill_randomly(const DeviceArray& array) {
    const int64_t block = std::min<int64_t>(array.size(), 1 << 20);
    DeviceArray random(array.dtype(), block);
    random.upload(0, make_random_vector(block, 8));
    const int64_t item = get_item_bytes(array.dtype());
    for (int64_t i = 0; i < array.size(); i += block) {
        const int64_t bytes = std::min(block, array.size() - i) * item;
        check_cuda(cudaMemcpy(static_cast<char*>(array.data()) + i * item, random.data(), bytes, cudaMemcpyDeviceToDevice),
                   "copy");
    }
}

class Table {
public:
    Table() {
        DeviceArray source(FLOAT32, ARRAY_BYTES / 4), target(FLOAT32, ARRAY_BYTES / 4);
        fill_randomly(source);
        const double seconds = measure([&] {
            check_cuda(cudaMemcpyAsync(target.data(), source.data(), ARRAY_BYTES, cudaMemcpyDeviceToDevice), "copy");
        });
        copy_bandwidth_ = 2.0 * ARRAY_BYTES / seconds;
        text_ << describe_gpu() << "\n\n| kernel | images | type | ms | GB/s | of a copy |\n|---|---|---|---:|---:|---:|\n";
        add("copy", "1 GiB", FLOAT32, 2.0 * ARRAY_BYTES, seconds);
    }

    void add(const std::string& kernel, const std::string& images, DType dtype, double bytes, double seconds) {
        text_ << "| " << kernel << " | " << images << " | " << get_name(dtype) << " | " << std::fixed << std::setprecision(3)
              << seconds * 1e3 << " | " << std::setprecision(0) << bytes / seconds * 1e-9 << " | "
              << 100 * bytes / seconds / copy_bandwidth_ << " % |\n";
    }

    std::string text() const { return text_.str(); }

private:
    static std::string describe_gpu() {
        int device = 0, cuda = 0;
        cudaDeviceProp properties;
        check_cuda(cudaGetDevice(&device), "cudaGetDevice");
        check_cuda(cudaGetDeviceProperties(&properties, device), "cudaGetDeviceProperties");
        check_cuda(cudaDriverGetVersion(&cuda), "cudaDriverGetVersion");
        std::string driver;
        std::getline(std::ifstream("/proc/driver/nvidia/version"), driver);
        std::ostringstream text;
        text << properties.name << ", compute capability " << properties.major << "." << properties.minor << ", driver for CUDA "
             << cuda / 1000 << "." << cuda % 1000 / 10 << (driver.empty() ? "" : " (" + driver + ")") << ", compiled with CUDA "
             << CUDART_VERSION / 1000 << "." << CUDART_VERSION % 1000 / 10;
        return text.str();
    }

    double copy_bandwidth_;
    std::ostringstream text_;
};

// ---------------------------------------------------------------------------------------------------------------------

struct BiasActKernel {
    const char* name;
    int order, act;
    bool with_dx;
    int num_arrays;  // Large ones that are read or written.
};

const BiasActKernel BIAS_ACT_KERNELS[] = {
    {"fused_bias_act, lrelu", 0, 3, true, 2},
    {"fused_bias_act, swish", 0, 9, true, 2},
    {"fused_bias_act, gradient of lrelu", 1, 3, true, 3},
    {"fused_bias_act, gradient of swish", 1, 9, true, 3},
    {"fused_bias_act, gradient of the bias alone", 1, 1, false, 1},
    {"fused_bias_act, second gradient of lrelu", 2, 3, true, 3},
    {"fused_bias_act, second gradient of swish", 2, 9, true, 5},
};

void measure_bias_act(Table& table, const BiasActKernel& kernel, const Images& images) {
    const int64_t pixels = images.size * images.size;
    DeviceArray in_0(images.dtype, images.num_elements()), in_1(images.dtype, images.num_elements());
    DeviceArray in_2(images.dtype, images.num_elements());
    DeviceArray out_0(images.dtype, images.num_elements()), out_1(images.dtype, images.num_elements());
    DeviceArray b(images.dtype, images.channels), db(images.dtype, images.channels);
    for (const DeviceArray* array : {&in_0, &in_1, &in_2, &b}) {
        fill_randomly(*array);
    }
    FusedBiasActParams params = {};
    params.dtype = images.dtype;
    params.order = kernel.order;
    params.act = kernel.act;
    params.alpha = 0.2f;
    params.gain = 1.5f;
    params.clamp = NAN;
    params.outer = images.channels_last ? images.count() * pixels : images.count();
    params.channels = images.channels;
    params.inner = images.channels_last ? 1 : pixels;
    DeviceArray partial_sums(FLOAT32, dnnlib::bias_act::num_partial_sums(dnnlib::bias_act::Tiles(params)));
    params.partial_sums = static_cast<float*>(partial_sums.data());
    params.b = params.d_db = b.data();
    params.x = params.dy = in_0.data();
    params.r = in_1.data();
    params.d_dx = in_2.data();
    params.y = params.d_dy = out_0.data();
    params.dx = kernel.with_dx ? out_0.data() : nullptr;
    params.d_r = out_1.data();
    params.db = db.data();
    params.d_b = kernel.act == 9 ? db.data() : nullptr;
    const double seconds = measure([&] { check_launch(fused_bias_act_launch(&params, nullptr)); });
    const double bytes = 1.0 * kernel.num_arrays * images.num_elements() * get_item_bytes(images.dtype);
    table.add(kernel.name, images.describe(), images.dtype, bytes, seconds);
}

// ---------------------------------------------------------------------------------------------------------------------

struct ResamplingKernel {
    const char* name;
    int32_t up, down, pad0, pad1, taps;
    bool separable;
};

const ResamplingKernel RESAMPLING_KERNELS[] = {
    {"upfirdn_2d, 4 taps", 1, 1, 2, 1, 4, true},
    {"upfirdn_2d, up 2, 4 taps", 2, 1, 2, 1, 4, true},
    {"upfirdn_2d, down 2, 4 taps", 1, 2, 1, 1, 4, true},
    {"upfirdn_2d, 7 x 7 taps, not separable", 1, 1, 3, 3, 7, false},
    {"upfirdn_2d, up 2, 8 x 8 taps, not separable", 2, 1, 4, 3, 8, false},
    {"upfirdn_2d, down 2, 8 x 8 taps, not separable", 1, 2, 3, 3, 8, false},
    {"upfirdn_2d, up 2, 12 taps", 2, 1, 6, 5, 12, true},
    {"upfirdn_2d, down 2, 12 taps", 1, 2, 5, 5, 12, true},
    {"upfirdn_2d, up 3, 6 taps", 3, 1, 4, 1, 6, true},
};

void measure_resampling(Table& table, const ResamplingKernel& kernel, const Images& images) {
    // The larger of input and output has the size of `images`.
    const Axis axis = {images.size / kernel.up, kernel.up, kernel.down, kernel.pad0, kernel.pad1, kernel.taps};
    const int64_t in_area = axis.in_size * axis.in_size, out_area = axis.out_size() * axis.out_size();
    const int64_t planes = images.count() * images.channels;
    std::vector<float> taps(kernel.taps * kernel.taps);
    for (size_t i = 0; i < taps.size(); ++i) {
        taps[i] = kernel.separable ? 1.0f : make_random(i, 9);
    }
    DeviceArray x(images.dtype, planes * in_area), y(images.dtype, planes * out_area);
    fill_randomly(x);
    const UpFirDn2DAxis op_axis = {axis.in_size, axis.out_size(), kernel.up, kernel.down, kernel.pad0, kernel.taps};
    const int64_t minor = images.channels_last ? images.channels : 1;
    const UpFirDn2DParams params = {x.data(), y.data(), taps.data(), images.dtype, 0,
                                    planes / minor, minor, op_axis, op_axis, nullptr};
    const double seconds = measure([&] { check_launch(upfirdn_2d_launch(&params, nullptr)); });
    const double bytes = 1.0 * planes * (in_area + out_area) * get_item_bytes(images.dtype);
    table.add(kernel.name, images.describe(), images.dtype, bytes, seconds);
}

}  // namespace

std::string measure_bandwidth() {
    Table table;
    const int64_t sizes[][2] = {{256, 128}, {1024, 32}};
    for (DType dtype : {FLOAT32, FLOAT16}) {
        for (const auto& size : sizes) {
            for (bool channels_last : {false, true}) {
                const Images images = {size[0], size[1], channels_last, dtype};
                for (const BiasActKernel& kernel : BIAS_ACT_KERNELS) {
                    measure_bias_act(table, kernel, images);
                }
                for (const ResamplingKernel& kernel : RESAMPLING_KERNELS) {
                    measure_resampling(table, kernel, images);
                }
            }
        }
    }
    return table.text();
}
