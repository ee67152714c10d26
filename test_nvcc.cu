// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// Tells whether nvcc and the GPU work together: nvcc test_nvcc.cu -o test_nvcc -run

#include <cstdio>

__global__ void say_hello()
{
    printf("GPU says hello.\n");
}

int main()
{
    printf("CPU says hello.\n");
    say_hello<<<1, 1>>>();
    const cudaError_t error = cudaDeviceSynchronize();
    if (error != cudaSuccess) {
        fprintf(stderr, "GPU error: %s\n", cudaGetErrorString(error));
        return 1;
    }
    return 0;
}
