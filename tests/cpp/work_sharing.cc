// SPDX-License-Identifier: Apache-2.0
// Copyright 2026 The StyleGAN2-TF authors
//
// Many calls of share_work() side by side, by the threads of a pool as TensorFlow does it and by others: each unit has
// to be done exactly once, however late the helpers are, and nobody may be counted as working at the end. Prints the
// number of failures.

#include "shared/work_sharing.h"

#include <cstdio>
#include <deque>
#include <random>
#include <thread>
#include <vector>

namespace {

// Threads that run tasks in a random order.
class Pool {
  public:
    explicit Pool(int num_threads) {
        for (int i = 0; i < num_threads; i++) threads_.emplace_back([this] { run(); });
    }

    // Finish all tasks.
    ~Pool() {
        {
            std::lock_guard<std::mutex> lock(mutex_);
            is_closed_ = true;
        }
        changed_.notify_all();
        for (std::thread& thread : threads_) thread.join();
    }

    void schedule(std::function<void()> task) {
        {
            std::lock_guard<std::mutex> lock(mutex_);
            tasks_.insert(tasks_.begin() + random_() % (tasks_.size() + 1), std::move(task));
        }
        changed_.notify_one();
    }

  private:
    void run() {
        std::unique_lock<std::mutex> lock(mutex_);
        while (true) {
            changed_.wait(lock, [this] { return is_closed_ || !tasks_.empty(); });
            if (tasks_.empty()) return;
            const std::function<void()> task = std::move(tasks_.front());
            tasks_.pop_front();
            lock.unlock();
            task();
            lock.lock();
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> tasks_;
    std::mt19937 random_{1};
    bool is_closed_ = false;
    std::vector<std::thread> threads_;
};

// Share pieces of work of random sizes and costs; return how often units were not done exactly once.
int share_repeatedly(Pool& pool, int num_threads, int seed) {
    std::mt19937 random(seed);
    int failures = 0;
    for (int i = 0; i < 200; i++) {
        const int64_t total = random() % 4 ? random() % 500 : random() % 2, cost = int64_t(1) << random() % 22;
        std::vector<int> counts(total);
        dnnlib::share_work(
            num_threads, total, cost,
            [&](int64_t begin, int64_t end) {
                std::this_thread::yield();  // Let others come first.
                for (int64_t unit = begin; unit < end; unit++) counts[unit]++;
            },
            [&](std::function<void()> task) { pool.schedule(std::move(task)); });
        for (int count : counts) failures += count != 1;
    }
    return failures;
}

// Have some threads of a pool share work, and one that does not belong to it.
int check(int num_threads, int num_callers) {
    std::atomic<int> failures{0};
    {
        Pool pool(num_threads);
        const auto call = [&](int seed) { failures += share_repeatedly(pool, num_threads, seed); };
        for (int i = 1; i <= num_callers; i++) pool.schedule([&call, i] { call(i); });
        call(0);
    }
    return failures + dnnlib::num_working_threads();
}

}  // namespace

int main() {
    int failures = 0;
    for (int num_threads : {1, 2, 4}) {
        failures += check(num_threads, 0);
        failures += check(num_threads, 2 * num_threads);
    }
    std::printf("%d failures\n", failures);
    return failures != 0;
}
