// Work that streams of the stub wait for: what NCCL's stub has not done yet, because a rank is missing.
#pragma once
#include <condition_variable>
#include <memory>
#include <mutex>

class Work {
 public:
  bool done() {
    std::lock_guard<std::mutex> lock(mutex_);
    return done_;
  }
  void finish() {
    std::lock_guard<std::mutex> lock(mutex_);
    done_ = true;
    changed_.notify_all();
  }
  void await() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return done_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
};

// Of runtime.cpp, for nccl.cpp.
void stubPutWork(void* stream, const std::shared_ptr<Work>& work);
int stubDevice();
