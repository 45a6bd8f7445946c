#include "net/io/pcap_file.h"

#include <fmt/format.h>
#include <pcap/pcap.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"

namespace lockstep::net {
namespace {

constexpr int kSnapBytes = 65535;

/// A capture file being written. Times are those of the link's clock.
class PcapWriter {
 public:
  static Result<PcapWriter> open(const std::string& path) {
    PcapWriter writer;
    writer.handle_.reset(pcap_open_dead(DLT_EN10MB, kSnapBytes));
    writer.dumper_.reset(pcap_dump_open(writer.handle_.get(), path.c_str()));
    if (!writer.dumper_) {
      return fail(ErrorKind::unavailable, fmt::format("capture file {}: {}", quoted(path),
                                                      pcap_geterr(writer.handle_.get())));
    }
    return writer;
  }

  void write(TimePoint time, Bytes frame) {
    const auto since = time.time_since_epoch();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
    const auto rest = std::chrono::duration_cast<std::chrono::microseconds>(since - seconds);
    pcap_pkthdr header{};
    header.ts = {seconds.count(), rest.count()};
    header.caplen = header.len = static_cast<bpf_u_int32>(frame.size());
    const void* const start = frame.data();
    pcap_dump(static_cast<u_char*>(static_cast<void*>(dumper_.get())), &header,
              static_cast<const u_char*>(start));
  }

 private:
  PcapWriter() = default;

  std::unique_ptr<pcap_t, decltype(&pcap_close)> handle_{nullptr, &pcap_close};
  std::unique_ptr<pcap_dumper_t, decltype(&pcap_dump_close)> dumper_{nullptr, &pcap_dump_close};
};

struct Answer {
  std::vector<std::byte> frame;
  std::size_t after = 0;  ///< how many frames of ours came before it
};

using PcapHandle = std::unique_ptr<pcap_t, decltype(&pcap_close)>;

Result<PcapHandle> open_capture(const std::string& path) {
  std::FILE* const file = std::fopen(path.c_str(), "rbe");
  if (file == nullptr) return std::unexpected(system_error(errno, "capture file " + quoted(path)));
  char reason[PCAP_ERRBUF_SIZE] = "";
  PcapHandle handle(pcap_fopen_offline(file, reason), &pcap_close);
  if (!handle) {
    std::fclose(file);
    return fail(ErrorKind::corrupt, fmt::format("capture file {}: {}", quoted(path), reason));
  }
  if (pcap_datalink(handle.get()) != DLT_EN10MB) {
    return fail(ErrorKind::invalid,
                fmt::format("capture file {} holds no Ethernet frames", quoted(path)));
  }
  return handle;
}

Result<std::vector<Answer>> read_answers(const std::string& path, const MacAddress& monitor_mac) {
  LOCKSTEP_TRY(const PcapHandle handle, open_capture(path));
  std::vector<Answer> answers;
  std::size_t sent = 0;
  pcap_pkthdr* header = nullptr;
  const u_char* data = nullptr;
  int more = 0;
  while ((more = pcap_next_ex(handle.get(), &header, &data)) == 1) {
    const Bytes frame = std::as_bytes(std::span(data, header->caplen));
    const bool ours = frame.size() >= 12 &&
                      std::equal(monitor_mac.bytes.begin(), monitor_mac.bytes.end(), data + 6);
    if (ours) {
      ++sent;
    } else {
      answers.push_back({{frame.begin(), frame.end()}, sent});
    }
  }
  if (more == PCAP_ERROR) {
    return fail(ErrorKind::corrupt,
                fmt::format("capture file {}: {}", quoted(path), pcap_geterr(handle.get())));
  }
  return answers;
}

class PcapFileIo final : public FrameIo {
 public:
  PcapFileIo(std::vector<Answer> answers, std::optional<PcapWriter> sent)
      : answers_(std::move(answers)), sent_(std::move(sent)) {}

  Result<std::size_t> send(std::span<const Bytes> frames) override {
    for (const Bytes frame : frames) {
      now_ += std::chrono::microseconds(1);
      if (sent_) sent_->write(now_, frame);
    }
    sent_count_ += frames.size();
    return frames.size();
  }

  std::span<const Bytes> receive() override {
    constexpr std::size_t kBatch = 256;
    views_.clear();
    for (; has_arrived() && views_.size() < kBatch; ++next_) {
      views_.push_back(answers_[next_].frame);
    }
    return views_;
  }

  void wait_until(TimePoint deadline) override {
    if (!has_arrived()) now_ = std::max(now_, deadline);
  }
  TimePoint now() const override { return now_; }

 private:
  bool has_arrived() const {
    return next_ < answers_.size() && answers_[next_].after <= sent_count_;
  }

  std::vector<Answer> answers_;
  std::optional<PcapWriter> sent_;
  std::vector<Bytes> views_;
  std::size_t next_ = 0;
  std::size_t sent_count_ = 0;
  TimePoint now_{};
};

class RecordingIo final : public FrameIo {
 public:
  RecordingIo(std::unique_ptr<FrameIo> inner, PcapWriter writer)
      : inner_(std::move(inner)), writer_(std::move(writer)) {}

  Result<std::size_t> send(std::span<const Bytes> frames) override {
    LOCKSTEP_TRY(const std::size_t sent, inner_->send(frames));
    for (const Bytes frame : frames.first(sent)) writer_.write(now(), frame);
    return sent;
  }
  std::span<const Bytes> receive() override {
    const std::span<const Bytes> frames = inner_->receive();
    for (const Bytes frame : frames) writer_.write(now(), frame);
    return frames;
  }
  void wait_until(TimePoint deadline) override { inner_->wait_until(deadline); }
  TimePoint now() const override { return inner_->now(); }
  std::uint64_t receive_drops() const override { return inner_->receive_drops(); }

 private:
  std::unique_ptr<FrameIo> inner_;
  PcapWriter writer_;
};

}  // namespace

Result<std::unique_ptr<FrameIo>> open_pcap_file(const PcapFiles& files,
                                                const MacAddress& monitor_mac) {
  LOCKSTEP_TRY(std::vector<Answer> answers, read_answers(files.answers, monitor_mac));
  std::optional<PcapWriter> sent;
  if (!files.sent.empty()) {
    LOCKSTEP_TRY(sent, PcapWriter::open(files.sent));
  }
  return std::make_unique<PcapFileIo>(std::move(answers), std::move(sent));
}

Result<std::unique_ptr<FrameIo>> record_to_pcap(std::unique_ptr<FrameIo> inner,
                                                const std::string& path) {
  LOCKSTEP_TRY(PcapWriter writer, PcapWriter::open(path));
  return std::make_unique<RecordingIo>(std::move(inner), std::move(writer));
}

}  // namespace lockstep::net
