// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// Checks the CUDA kernels of the custom ops on the GPU at hand, or on its emulator, without TensorFlow: every kernel is
// compared with the arithmetic on the host, then timed beside a copy. Exit status 1 means that something differed.
//
//   gpu_check [--no-large] [--quick] [--table FILE]
//
// FILE receives the table of bandwidths, in Markdown.

#include <fstream>
#include <stdexcept>

#include "checks.h"

namespace {

struct Options {
    bool with_large = true;
    bool quick = false;
    const char* table = nullptr;

    Options(int argc, char** argv) {
        for (int i = 1; i < argc; ++i) {
            const std::string name = argv[i];
            if (name == "--no-large") {
                with_large = false;
            } else if (name == "--quick") {
                quick = true;
            } else if (name == "--table" && i + 1 < argc) {
                table = argv[++i];
            } else {
                throw std::invalid_argument("option or value expected, got " + name);
            }
        }
    }
};

void run_checks(Report& report, bool with_large) {
    printf("fused_bias_act ...\n");
    check_fused_bias_act(report);
    printf("upfirdn_2d ...\n");
    check_upfirdn_2d(report);
    if (with_large) {
        printf("more than 2^31 elements ...\n");
#ifdef CUDA_EMULATOR
        cuda_emulator::run_corners_only();
#endif
        check_fused_bias_act_large(report);
        check_upfirdn_2d_large(report);
    }
    printf("%d cases, %d failures\n", report.num_cases(), report.num_failures());
}

#ifdef CUDA_EMULATOR
void write_table(const char*) { cuda_emulator::print_launched(); }
#else
void write_table(const char* path) {
    const std::string table = measure_bandwidth();
    printf("\n%s", table.c_str());
    if (path != nullptr) {
        std::ofstream(path) << table;
    }
}
#endif

}  // namespace

int main(int argc, char** argv) {
    setvbuf(stdout, nullptr, _IOLBF, 0);
    try {
        const Options options(argc, argv);
        Report report(options.quick);
        run_checks(report, options.with_large);
        write_table(options.table);
        return report.num_failures() == 0 ? 0 : 1;
    } catch (const std::exception& error) {
        printf("FAILED %s\n", error.what());
        return 1;
    }
}
