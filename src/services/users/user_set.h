// Our own probes and signatures with a user's added: made once, by the side with rights, and handed
// to the processes without, which cannot open files.
//
//   read_user_files()  ->  prepare(): errors, notes, filters  ->  encode()  ->  a descriptor
//   decode()  ->  matcher_of(): in the process that reads answers

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "services/matcher.h"
#include "services/users/filter_cache.h"
#include "services/users/user_files.h"

namespace lockstep::services {

/// The files, and the filters that are compiled of them; a filter that is empty is compiled anew.
struct UserSet {
  UserFiles files;
  std::vector<std::byte> filter;        ///< of signatures; empty where the user has no probes
  std::vector<std::byte> recog_filter;  ///< empty where the user has no fingerprints

  friend bool operator==(const UserSet&, const UserSet&) = default;
};

/// What is told of them.
struct UserSetNotes {
  std::size_t signatures = 0;             ///< of all, ours among them
  std::size_t fingerprints = 0;           ///< that can be used
  std::vector<std::string> left_out;      ///< fingerprints that cannot be: "FILE:LINE: why"
  std::vector<std::string> unused_files;  ///< of recog: "FILE: why"
  bool compiled = false;                  ///< a filter was compiled, and not taken from the cache
};

/// Before a filter is compiled of so many patterns, which may take a while.
using Compiling = std::function<void(std::size_t patterns)>;

/// Checks everything, and compiles what the cache does not have. `notes` may be null, `compiling`
/// empty. Errors: `invalid`, "FILE:LINE: what", for the first thing that is wrong.
Result<UserSet> prepare(UserFiles files, const FilterCache& cache, UserSetNotes* notes = nullptr,
                        const Compiling& compiling = {});

/// A matcher of it all.
Result<Matcher> matcher_of(const UserSet& set);

std::vector<std::byte> encode(const UserSet& set);
/// The inverse. Errors: `corrupt`.
Result<UserSet> decode(std::span<const std::byte> bytes);

}  // namespace lockstep::services
