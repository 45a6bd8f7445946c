#include "net/io/xdp/generators.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <tuple>

namespace lockstep::net {
namespace {

constexpr std::chrono::milliseconds kBetweenSignals(1);

int wake_signal() {
  return SIGRTMIN + 6;
}

/// Without SA_RESTART, so that the signal ends the call that it interrupts. The disposition stays:
/// another scan of this process may be using it.
void answer_wake_signal() {
  struct sigaction nothing {};
  nothing.sa_handler = [](int) {};
  ::sigaction(wake_signal(), &nothing, nullptr);
}

/// The kernel may deliver any signal of the process to any of its threads; those for others would
/// only end our calls.
void take_only_wake_signal() {
  sigset_t set;
  ::sigfillset(&set);
  ::sigdelset(&set, wake_signal());
  ::pthread_sigmask(SIG_SETMASK, &set, nullptr);
}

bool pin_to(int cpu) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(cpu), &one);
  return ::pthread_setaffinity_np(::pthread_self(), sizeof one, &one) == 0;
}

}  // namespace

std::vector<int> generator_cpus() {
  cpu_set_t usable;
  std::vector<int> cpus;
  if (::sched_getaffinity(0, sizeof usable, &usable) != 0) return cpus;
  for (int cpu = 0; cpu < std::min<int>(CPU_SETSIZE, LOCKSTEP_XDP_CPUS); ++cpu) {
    if (CPU_ISSET(static_cast<std::size_t>(cpu), &usable)) cpus.push_back(cpu);
  }
  if (cpus.size() > LOCKSTEP_XDP_WALKERS) cpus.resize(LOCKSTEP_XDP_WALKERS);
  return cpus;
}

Result<std::unique_ptr<Generators>> Generators::start(XdpPrograms& programs, std::size_t count,
                                                      std::size_t frame_bytes) {
  const std::vector<int> cpus = generator_cpus();
  if (count > cpus.size() || count > programs.walkers()) {
    return fail(
        ErrorKind::unavailable,
        fmt::format("{} generators on {} usable CPUs; ask for fewer threads", count, cpus.size()));
  }
  answer_wake_signal();
  lockstep_xdp_shared& shared = programs.shared();
  std::ranges::fill(shared.walker_of_cpu, static_cast<std::uint8_t>(LOCKSTEP_XDP_WALKERS));
  for (std::size_t i = 0; i < count; ++i) {
    shared.walker_of_cpu[cpus[i]] = static_cast<std::uint8_t>(i);
  }
  std::unique_ptr<Generators> generators(new Generators(programs));
  for (std::size_t i = 0; i < count; ++i) {
    generators->threads_.push_back(std::make_unique<Thread>());
    Thread& thread = *generators->threads_.back();
    thread.thread = std::jthread([self = generators.get(), &thread, cpu = cpus[i], frame_bytes] {
      self->run(thread, cpu, frame_bytes);
    });
  }
  return generators;
}

void Generators::run(Thread& thread, int cpu, std::size_t frame_bytes) {
  take_only_wake_signal();
  Result<void> result;
  if (!pin_to(cpu)) result = fail(ErrorKind::unavailable, fmt::format("CPU {} is not ours", cpu));
  // A call may end early, by the number of its turns.
  while (result && !leave_) result = programs_.generate(frame_bytes);
  if (!result) {
    const std::scoped_lock lock(mutex_);
    error_ = result.error();
    std::atomic_ref(programs_.shared().stop).store(1, std::memory_order_relaxed);
  }
  thread.left = true;
}

bool Generators::done() const {
  std::size_t left = 0;
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    const std::atomic_ref walker_done(programs_.shared().walkers[i].done);
    if (threads_[i]->left || walker_done.load(std::memory_order_relaxed) != 0) ++left;
  }
  return left == threads_.size();
}

Result<void> Generators::end() {
  leave_ = true;
  // A signal that comes before the thread is in its call is lost, so it is sent again.
  for (const auto& thread : threads_) {
    while (!thread->left) {
      ::pthread_kill(thread->thread.native_handle(), wake_signal());
      std::this_thread::sleep_for(kBetweenSignals);
    }
    if (thread->thread.joinable()) thread->thread.join();
  }
  const std::scoped_lock lock(mutex_);
  if (error_) return std::unexpected(*error_);
  return {};
}

Generators::~Generators() {
  std::atomic_ref(programs_.shared().stop).store(1, std::memory_order_relaxed);
  std::ignore = end();
}

}  // namespace lockstep::net
