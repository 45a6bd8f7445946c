// A clock on the wall that can be set for one process: what is loaded with LD_PRELOAD adds as many
// seconds to the time of day as a file of 8 bytes says, which it maps at its start.
//
// Real enough: a step of the kernel's clock is seen by a process through these calls alone, unless
// it waits until a time of day, which this program nowhere does (its waits are relative, or by the
// steady clock, which such a step does not touch).

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace {

const volatile std::int64_t* map_shift() {
  static const std::int64_t none = 0;
  const char* const path = std::getenv("LOCKSTEP_TEST_CLOCK");
  if (path == nullptr) return &none;
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return &none;
  void* const place = ::mmap(nullptr, sizeof none, PROT_READ, MAP_SHARED, file, 0);
  ::close(file);
  return place == MAP_FAILED ? &none : static_cast<const std::int64_t*>(place);
}

std::int64_t shift() {
  static const volatile std::int64_t* const place = map_shift();
  return *place;
}

/// Before whoever gives up its rights to files does so.
const std::int64_t at_start = shift();

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  using Call = int (*)(clockid_t, timespec*);
  static const Call real = reinterpret_cast<Call>(::dlsym(RTLD_NEXT, "clock_gettime"));
  const int done = real(clock, time);
  if (done == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    time->tv_sec += shift();
  }
  return done;
}

extern "C" int gettimeofday(timeval* time, void* /*zone*/) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  *time = {now.tv_sec, now.tv_nsec / 1000};
  return 0;
}

extern "C" time_t time(time_t* into) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (into != nullptr) *into = now.tv_sec;
  return now.tv_sec;
}
