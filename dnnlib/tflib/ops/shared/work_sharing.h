// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// Work that threads share as they become free. The thread that has the work begins at once and never hands over what
// it could do itself; others are asked to help only while there are fewer threads at work, in all ops of the process,
// than processors. Ops that run side by side thus keep a processor each, without switching between threads, and an op
// that is alone has them all. Without TensorFlow headers.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

namespace dnnlib {

// Threads that work on an op, or were asked to. g++ makes this one of the process, clang one of each library.
inline std::atomic<int>& num_working_threads() {
    static std::atomic<int> count{0};
    return count;
}

// The units 0 ... total - 1 of work(begin, end), taken chunk by chunk.
class SharedWork {
  public:
    SharedWork(int64_t total, int64_t chunk, const std::function<void(int64_t, int64_t)>& work)
        : total_(total), chunk_(chunk), work_(work) {}

    int64_t num_left() const { return total_ - next_.load(std::memory_order_relaxed); }

    // Do a chunk, if there is one left. `work` must exist until all are done, not longer. Were it left by an exception,
    // other threads would still use what it refers to; so that ends the process.
    bool do_chunk() noexcept {
        const int64_t begin = next_.fetch_add(chunk_);
        if (begin >= total_) return false;
        const int64_t end = std::min(begin + chunk_, total_);
        work_(begin, end);
        if (num_done_.fetch_add(end - begin) + end - begin == total_) {
            std::lock_guard<std::mutex> lock(mutex_);
            all_done_.notify_one();
        }
        return true;
    }

    // Wait for what other threads are doing, which is about to end.
    void wait() {
        for (int i = 0; i < kSpins; i++)
            if (is_done()) return;
        std::unique_lock<std::mutex> lock(mutex_);
        all_done_.wait(lock, [this] { return is_done(); });
    }

  private:
    static constexpr int kSpins = 20000;  // As long as it takes to put a thread to sleep and wake it up.

    bool is_done() const { return num_done_.load(std::memory_order_acquire) == total_; }

    const int64_t total_, chunk_;
    const std::function<void(int64_t, int64_t)>& work_;
    std::atomic<int64_t> next_{0}, num_done_{0};
    std::mutex mutex_;
    std::condition_variable all_done_;
};

// Do units of work on up to `num_threads` threads, this one among them; schedule(task) runs a task on another one some
// time. `cost` is that of a unit in cycles, so that small work stays on this thread.
template <class Schedule>
void share_work(int num_threads, int64_t total, int64_t cost, const std::function<void(int64_t, int64_t)>& work,
                const Schedule& schedule) noexcept {
    constexpr int64_t kChunkCost = 40000, kHelpCost = 200000;  // What makes up for taking a chunk and waking a thread.
    constexpr int64_t kChunksPerThread = 16;
    cost = std::max<int64_t>(cost, 1);
    const int64_t worth_helping = kHelpCost / cost;
    const int64_t chunk = std::max(kChunkCost / cost, total / (num_threads * kChunksPerThread)) + 1;
    std::atomic<int>& num_working = num_working_threads();
    num_working++;
    if (chunk >= total) {
        if (total > 0) work(0, total);
    } else {
        const auto shared = std::make_shared<SharedWork>(total, chunk, work);
        do {
            while (num_working.load(std::memory_order_relaxed) < num_threads && shared->num_left() > worth_helping) {
                num_working++;
                schedule([shared, num_threads, &num_working] {
                    while (num_working <= num_threads && shared->do_chunk()) continue;
                    num_working--;
                });
            }
        } while (shared->do_chunk());
        shared->wait();
    }
    num_working--;
}

}  // namespace dnnlib
