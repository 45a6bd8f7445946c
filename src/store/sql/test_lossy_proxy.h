// A socket in front of a server's, which breaks connections at a moment that a test chooses.

#pragma once

#include <atomic>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>

namespace lockstep {

/// Forwards one connection after the other, in a thread of its own.
class LossyProxy {
 public:
  LossyProxy(std::filesystem::path server, std::filesystem::path path);
  ~LossyProxy();
  LossyProxy(const LossyProxy&) = delete;
  LossyProxy& operator=(const LossyProxy&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// The next time that a client says something with `word` in it, the connection ends: before the
  /// server has it, or once the server has answered, and before the client has that.
  void lose_next(const std::string& word) const { arm(word, false); }
  void lose_next_answer_to(const std::string& word) const { arm(word, true); }
  /// How often that has happened.
  int lost() const { return lost_; }

 private:
  void arm(const std::string& word, bool forwarded) const;
  bool takes(const std::string& said, bool& forwarded);
  void run();
  void serve(int client, int server);

  std::filesystem::path server_;
  std::filesystem::path path_;
  int listener_ = -1;
  int stop_[2] = {-1, -1};
  mutable std::mutex mutex_;
  mutable std::string word_;
  mutable bool forwarded_ = false;
  std::atomic<int> lost_ = 0;
  std::thread thread_;
};

}  // namespace lockstep
