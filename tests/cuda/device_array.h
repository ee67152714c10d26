// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// Arrays on the GPU, filled and read as float whatever their element type is.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "number_formats.h"

enum DType { FLOAT32 = 0, FLOAT16 = 1, BFLOAT16 = 2 };  // The codes of the ops.
const DType DTYPES[] = {FLOAT32, FLOAT16, BFLOAT16};

inline const char* get_name(DType dtype) { return dtype == FLOAT32 ? "float32" : dtype == FLOAT16 ? "float16" : "bfloat16"; }

inline size_t get_item_bytes(DType dtype) { return dtype == FLOAT32 ? 4 : 2; }

// Return the number of a type that is nearest to a float.
inline float round_to(DType dtype, float value) {
    using namespace number_formats;
    return dtype == FLOAT32 ? value : dtype == FLOAT16 ? from_float16(to_float16(value)) : from_bfloat16(to_bfloat16(value));
}

struct OutOfMemory : std::runtime_error {
    using std::runtime_error::runtime_error;
};

inline void check_cuda(cudaError_t error, const std::string& action) {
    if (error == cudaErrorMemoryAllocation) {
        cudaGetLastError();  // Not a broken device: the next call shall not report this one.
        throw OutOfMemory(action + ": " + cudaGetErrorString(error));
    }
    if (error != cudaSuccess) {
        throw std::runtime_error(action + ": " + cudaGetErrorString(error));
    }
}

// Elements start `offset` elements behind an aligned address. Everything is NaN at first, also some elements before and
// behind: what is read there spoils a result, and what is written there is found by `has_intact_guards`.
class DeviceArray {
public:
    DeviceArray(DType dtype, int64_t size, int offset = 0)
        : dtype_(dtype), size_(size), before_(NUM_GUARDS + offset), bytes_((before_ + size + NUM_GUARDS) * get_item_bytes(dtype)) {
        check_cuda(cudaMalloc(&memory_, bytes_), "allocation of " + std::to_string(bytes_ >> 20) + " MiB");
        check_cuda(cudaMemset(memory_, 0xff, bytes_), "fill");
    }

    ~DeviceArray() { cudaFree(memory_); }
    DeviceArray(const DeviceArray&) = delete;
    DeviceArray& operator=(const DeviceArray&) = delete;

    DType dtype() const { return dtype_; }
    int64_t size() const { return size_; }
    void* data() const { return at(0); }

    void set_zero() { check_cuda(cudaMemset(data(), 0, size_ * get_item_bytes(dtype_)), "fill with zeros"); }

    void upload(int64_t begin, const std::vector<float>& values) {
        const std::vector<char> bytes = encode(values);
        check_cuda(cudaMemcpy(at(begin), bytes.data(), bytes.size(), cudaMemcpyHostToDevice), "upload");
    }

    std::vector<float> download(int64_t begin, int64_t count) const {
        std::vector<char> bytes(count * get_item_bytes(dtype_));
        check_cuda(cudaMemcpy(bytes.data(), at(begin), bytes.size(), cudaMemcpyDeviceToHost), "download");
        return decode(bytes);
    }

    bool has_intact_guards() const { return is_untouched(-before_, before_) && is_untouched(size_, NUM_GUARDS); }

private:
#ifdef CUDA_EMULATOR
    static constexpr int64_t NUM_GUARDS = 0;  // AddressSanitizer watches the ends to the byte.
#else
    static constexpr int64_t NUM_GUARDS = 128;
#endif

    void* at(int64_t index) const { return static_cast<char*>(memory_) + (before_ + index) * get_item_bytes(dtype_); }

    bool is_untouched(int64_t begin, int64_t count) const {
        std::vector<char> bytes(count * get_item_bytes(dtype_));
        check_cuda(cudaMemcpy(bytes.data(), at(begin), bytes.size(), cudaMemcpyDeviceToHost), "download");
        return bytes == std::vector<char>(bytes.size(), '\xff');
    }

    std::vector<char> encode(const std::vector<float>& values) const {
        std::vector<char> bytes(values.size() * get_item_bytes(dtype_));
        for (size_t i = 0; i < values.size(); ++i) {
            const uint32_t bits = dtype_ == FLOAT32   ? number_formats::get_bits(values[i])
                                  : dtype_ == FLOAT16 ? number_formats::to_float16(values[i])
                                                      : number_formats::to_bfloat16(values[i]);
            std::memcpy(&bytes[i * get_item_bytes(dtype_)], &bits, get_item_bytes(dtype_));  // Little-endian.
        }
        return bytes;
    }

    std::vector<float> decode(const std::vector<char>& bytes) const {
        std::vector<float> values(bytes.size() / get_item_bytes(dtype_));
        for (size_t i = 0; i < values.size(); ++i) {
            uint32_t bits = 0;
            std::memcpy(&bits, &bytes[i * get_item_bytes(dtype_)], get_item_bytes(dtype_));
            values[i] = dtype_ == FLOAT32   ? number_formats::from_bits(bits)
                        : dtype_ == FLOAT16 ? number_formats::from_float16(static_cast<uint16_t>(bits))
                                            : number_formats::from_bfloat16(static_cast<uint16_t>(bits));
        }
        return values;
    }

    DType dtype_;
    int64_t size_, before_;
    size_t bytes_;
    void* memory_;
};
