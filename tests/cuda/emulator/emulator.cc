// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// Runs the threads of a block as contexts of one thread of the host.

#include <sanitizer/common_interface_defs.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "cuda_runtime.h"

namespace cuda_emulator {

Position position;

namespace {

constexpr size_t STACK_BYTES = 64 * 1024;
constexpr unsigned MAX_THREADS = 1024, MAX_GRID_YZ = 65535, MAX_SHARED_BYTES = 48 * 1024;

struct Context {
    void* place[5];  // Of __builtin_setjmp.
    ucontext_t start;
    bool started;
    const void* stack;
    size_t stack_bytes;
};

struct Thread {
    Context context;
    std::unique_ptr<char[]> memory;
    bool ended;
};

bool corners_only = false;
std::set<const void*> launched;
std::vector<std::unique_ptr<Thread>> threads;
Thread* current;
Context scheduler = {{}, {}, true, nullptr, 0};
const std::function<void()>* current_body;

// Leave one context for another. The jumps are those of the compiler, as the C library's cost a system call each, and
// AddressSanitizer's versions of them much more; it has to be told on which stack the program goes on.
__attribute__((noinline)) void enter(Context& context) {
    if (context.started) {
        __builtin_longjmp(context.place, 1);
    }
    context.started = true;
    setcontext(&context.start);
}

__attribute__((noinline)) void switch_context(Context& from, Context& to) {
    void* fake_stack = nullptr;
    __sanitizer_start_switch_fiber(&fake_stack, to.stack, to.stack_bytes);
    if (__builtin_setjmp(from.place) == 0) {
        enter(to);
    }
    __sanitizer_finish_switch_fiber(fake_stack, nullptr, nullptr);
}

void run_thread() {
    __sanitizer_finish_switch_fiber(nullptr, &scheduler.stack, &scheduler.stack_bytes);
    for (;;) {  // A context serves in all blocks.
        (*current_body)();
        current->ended = true;
        switch_context(current->context, scheduler);
    }
}

void add_thread() {
    threads.emplace_back(new Thread());
    Thread& thread = *threads.back();
    Context& context = thread.context;
    thread.memory.reset(new char[STACK_BYTES]);
    context.stack = thread.memory.get();
    context.stack_bytes = STACK_BYTES;
    getcontext(&context.start);
    context.start.uc_stack.ss_sp = thread.memory.get();
    context.start.uc_stack.ss_size = STACK_BYTES;
    context.start.uc_link = nullptr;
    makecontext(&context.start, run_thread, 0);
}

// Run one thread until its next barrier or its end; return whether it ended.
bool resume(unsigned index) {
    const dim3 block = position.block;
    current = threads[index].get();
    position.thread_index = {index % block.x, index / block.x % block.y, index / block.x / block.y};
    switch_context(scheduler, current->context);
    return current->ended;
}

void run_block(unsigned num_threads, bool falling) {
    for (unsigned i = 0; i < num_threads; ++i) {
        threads[i]->ended = false;
    }
    unsigned num_ended = 0;
    while (num_ended == 0) {
        for (unsigned i = 0; i < num_threads; ++i) {
            num_ended += resume(falling ? num_threads - 1 - i : i);
        }
    }
    if (num_ended < num_threads) {
        fprintf(stderr, "%u of %u threads wait at a barrier that the others do not reach\n", num_threads - num_ended, num_threads);
        abort();
    }
}

unsigned get_next(unsigned coordinate, unsigned size) {
    return corners_only && coordinate == 1 && size > 4 ? size - 2 : coordinate + 1;
}

bool is_valid(dim3 grid, dim3 block, size_t shared_bytes) {
    const uint64_t num_threads = uint64_t(1) * block.x * block.y * block.z;
    return num_threads >= 1 && num_threads <= MAX_THREADS && block.z <= 64 && grid.x >= 1 && grid.x <= 0x7fffffff &&
           grid.y >= 1 && grid.y <= MAX_GRID_YZ && grid.z >= 1 && grid.z <= MAX_GRID_YZ && shared_bytes <= MAX_SHARED_BYTES;
}

}  // namespace

void wait_at_barrier() { switch_context(current->context, scheduler); }

const char* launch(const void* kernel, dim3 grid, dim3 block, size_t shared_bytes, const std::function<void()>& body) {
    if (!is_valid(grid, block, shared_bytes)) {
        return "invalid configuration argument";
    }
    const unsigned num_threads = block.x * block.y * block.z;
    while (threads.size() < num_threads) {
        add_thread();
    }
    position.grid = grid;
    position.block = block;
    current_body = &body;
    bool falling = false;
    for (unsigned z = 0; z < grid.z; z = get_next(z, grid.z)) {
        for (unsigned y = 0; y < grid.y; y = get_next(y, grid.y)) {
            for (unsigned x = 0; x < grid.x; x = get_next(x, grid.x)) {
                position.block_index = {x, y, z};
                run_block(num_threads, falling);
                falling = !falling;
            }
        }
    }
    launched.insert(kernel);
    return nullptr;
}

void run_corners_only() { corners_only = true; }

void print_launched() {
    for (const void* kernel : launched) {
        printf("launched %p\n", kernel);
    }
}

}  // namespace cuda_emulator

namespace {

constexpr size_t LARGE_BYTES = size_t(1) << 30;
std::map<void*, size_t> large_arrays;

}  // namespace

cudaError_t cudaMalloc(void** memory, size_t bytes) {
    if (bytes < LARGE_BYTES) {
        *memory = malloc(bytes);
        return *memory == nullptr ? cudaErrorMemoryAllocation : cudaSuccess;
    }
    *memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (*memory == MAP_FAILED) {
        return cudaErrorMemoryAllocation;
    }
    large_arrays[*memory] = bytes;
    return cudaSuccess;
}

cudaError_t cudaFree(void* memory) {
    const auto found = large_arrays.find(memory);
    if (found == large_arrays.end()) {
        free(memory);
    } else {
        munmap(memory, found->second);
        large_arrays.erase(found);
    }
    return cudaSuccess;
}

cudaError_t cudaMemset(void* memory, int value, size_t bytes) {
    if (bytes < LARGE_BYTES) {
        memset(memory, value, bytes);
    }
    return cudaSuccess;
}
