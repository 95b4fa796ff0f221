// Runs numbered tasks on a pool of threads and on the calling one.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <thread>

namespace roiseg {

// Threads of a pool that help one op from its first parallel step to its end: between steps, which
// are often shorter than waking a thread takes, they look for the next one.
class Workers {
 public:
  using Schedule = std::function<void(std::function<void()>)>;

  Workers(int threads, Schedule schedule) : threads_(threads), schedule_(std::move(schedule)) {}
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  ~Workers() {
    if (team_) team_->isOver.store(true, std::memory_order_release);
  }

  int threads() const { return threads_; }

  // Calls task(0) ... task(count - 1), in any order, and returns when all are done. What a task
  // computes must not depend on the number of threads: sums are formed per task, then in order.
  template <typename Task>
  void run(int64_t count, bool worthThreads, const Task& task) {
    const int64_t helpers = worthThreads ? std::min<int64_t>(threads_, count) - 1 : 0;
    if (helpers <= 0) {
      for (int64_t i = 0; i < count; i++) task(i);
      return;
    }
    gather(helpers);
    Step& step = team_->steps.emplace_back(
        count, helpers + 1, &task,
        [](const void* task, int64_t i) { (*static_cast<const Task*>(task))(i); });
    team_->step.store(&step, std::memory_order_release);
    step.work(0);
    for (Patience patience; step.left.load(std::memory_order_acquire) != 0;) patience.wait();
  }

 private:
  struct Patience {
    void wait() {
      if (++times > 2000) {
        std::this_thread::yield();
        return;
      }
#if defined(__x86_64__) || defined(__i386__)
      __builtin_ia32_pause();
#elif defined(__aarch64__)
      asm volatile("yield");
#endif
    }
    int times = 0;
  };

  // A member's share of the numbers: it begins with its own, then takes what others have left. The
  // same member so gets the same part of the data in every step, and finds it in its own cache.
  struct alignas(64) Share {
    std::atomic<int64_t> next;
    int64_t end;
  };

  struct Step {
    using Call = void (*)(const void* task, int64_t i);
    Step(int64_t count, int64_t members, const void* task, Call call)
        : members(members), task(task), call(call), shares(new Share[members]), left(count) {
      for (int64_t m = 0; m < members; m++) {
        shares[m].next.store(count * m / members, std::memory_order_relaxed);
        shares[m].end = count * (m + 1) / members;
      }
    }

    void work(int64_t member) {
      for (int64_t m = 0; m < members; m++) {
        Share& share = shares[(member + m) % members];
        for (;;) {
          const int64_t i = share.next.fetch_add(1, std::memory_order_relaxed);
          if (i >= share.end) break;
          call(task, i);
          left.fetch_sub(1, std::memory_order_acq_rel);
        }
      }
    }

    const int64_t members;
    // Alive as long as there are numbers left to take.
    const void* const task;
    const Call call;
    const std::unique_ptr<Share[]> shares;
    std::atomic<int64_t> left;
  };

  // Outlives this object for the sake of threads that come late.
  struct Team {
    void help(int64_t member) {
      if (std::this_thread::get_id() == owner) return;  // a full pool runs its work at once
      Step* last = nullptr;
      for (Patience patience; !isOver.load(std::memory_order_acquire);) {
        Step* now = step.load(std::memory_order_acquire);
        if (now == last) {
          patience.wait();
          continue;
        }
        now->work(member);
        last = now;
        patience = Patience();
      }
    }

    const std::thread::id owner = std::this_thread::get_id();
    std::atomic<bool> isOver{false};
    std::atomic<Step*> step{nullptr};
    // All of them, since a thread may still look at one that is done. Grown by the owner alone.
    std::deque<Step> steps;
  };

  void gather(int64_t helpers) {
    if (!team_) team_ = std::make_shared<Team>();
    while (helpers_ < helpers) {
      schedule_([team = team_, member = ++helpers_] { team->help(member); });
    }
  }

  int threads_;
  Schedule schedule_;
  int64_t helpers_ = 0;
  std::shared_ptr<Team> team_;
};

// A range of 0 .. total cut into pieces whose bounds depend on nothing but the numbers given.
class Pieces {
 public:
  // At most `most` pieces of at least `smallest`.
  Pieces(int64_t total, int64_t smallest, int64_t most)
      : total_(total), size_(std::max(smallest, (total + most - 1) / most)) {}

  int64_t count() const { return (total_ + size_ - 1) / size_; }
  int64_t begin(int64_t piece) const { return piece * size_; }
  int64_t end(int64_t piece) const { return std::min(total_, (piece + 1) * size_); }

 private:
  int64_t total_;
  int64_t size_;
};

}  // namespace roiseg
