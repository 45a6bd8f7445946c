// Files of probes, signatures and fingerprints that a user names.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"

namespace lockstep::services {

/// Where they are. The first of each is the strongest.
struct UserPaths {
  std::vector<std::string> probes;  ///< in the grammar of probe_file.h
  std::vector<std::string> recog;   ///< of recog, or folders of its *.xml

  bool empty() const { return probes.empty() && recog.empty(); }
};

struct UserFile {
  std::string name;  ///< its path, for messages
  std::string text;

  friend bool operator==(const UserFile&, const UserFile&) = default;
};

/// What is in them.
struct UserFiles {
  std::vector<UserFile> probes;
  std::vector<UserFile> recog;

  bool empty() const { return probes.empty() && recog.empty(); }
  friend bool operator==(const UserFiles&, const UserFiles&) = default;
};

inline constexpr std::size_t kMostUserFileBytes = 16 << 20;   ///< each
inline constexpr std::size_t kMostUserFilesBytes = 64 << 20;  ///< together
inline constexpr std::size_t kMostUserFiles = 1024;

/// Reads them all. Of a folder the files are read whose names end in ".xml", in the order of these.
/// Errors name the path: not_found, denied, unavailable; `invalid` where there is too much, what is
/// no file, or a folder without such files.
Result<UserFiles> read_user_files(const UserPaths& paths);

}  // namespace lockstep::services
