// A filter of system calls (seccomp): what is not allowed fails with EPERM.

#pragma once

#include <seccomp.h>

#include <memory>
#include <span>

#include "base/result.h"

namespace lockstep {

class SyscallFilter {
 public:
  SyscallFilter();

  void allow(std::span<const int> calls) {
    for (const int call : calls) add(SCMP_ACT_ALLOW, call);
  }
  /// Where all conditions hold.
  template <typename... Conditions>
  void allow(int call, Conditions... conditions) {
    add(SCMP_ACT_ALLOW, call, conditions...);
  }
  /// It fails as a kernel without it would say, so that libraries do without.
  void pretend_missing(int call);

  static scmp_arg_cmp equals(unsigned argument, scmp_datum_t value) {
    return {argument, SCMP_CMP_EQ, value, 0};
  }
  static scmp_arg_cmp masked(unsigned argument, scmp_datum_t mask, scmp_datum_t value) {
    return {argument, SCMP_CMP_MASKED_EQ, mask, value};
  }

  /// Puts it on all threads of this process, for ever. Errors: `unsupported` where the kernel has
  /// no seccomp.
  Result<void> load();

 private:
  struct Free {
    void operator()(void* filter) const { seccomp_release(filter); }
  };

  template <typename... Conditions>
  void add(std::uint32_t action, int call, Conditions... conditions) {
    if (!filter_) return;
    const int added =
        seccomp_rule_add(filter_.get(), action, call, sizeof...(conditions), conditions...);
    if (added != 0 && error_ == 0) error_ = -added;
  }

  std::unique_ptr<void, Free> filter_;
  int error_ = 0;  // the first; an errno
};

}  // namespace lockstep
