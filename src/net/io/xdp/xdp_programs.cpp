#include "net/io/xdp/xdp_programs.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/if_link.h>
#include <sys/mman.h>

#include <array>
#include <cerrno>
#include <limits>

#include "base/text.h"
#include "base/unique_fd.h"
#include "net/io/xdp/driver.h"

#include <scan.skel.h>  // from bpf/scan.bpf.c

namespace lockstep::net {
namespace {

constexpr const char* kMissingRights =
    "XDP programs need the capabilities CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON (run as root, or: "
    "setcap cap_bpf,cap_net_admin,cap_net_raw,cap_perfmon+ep PATH-OF-lockstep)";

/// EACCES is what the verifier says of a program that it does not understand.
Error load_error(int errno_value) {
  if (errno_value == EPERM) {
    return Error(ErrorKind::denied, kMissingRights);
  }
  return Error(ErrorKind::unsupported,
               system_error(errno_value, "this kernel does not load the XDP programs").message());
}

Error attach_error(int errno_value, const Interface& interface) {
  const std::string name = quoted(interface.name);
  if (errno_value == EBUSY || errno_value == EEXIST) {
    return Error(ErrorKind::unavailable,
                 fmt::format("interface {} carries another XDP program (ip link show {}); take it "
                             "away, or use engine packet",
                             name, interface.name));
  }
  if (errno_value == EPERM || errno_value == EACCES) {
    return Error(ErrorKind::denied, kMissingRights);
  }
  if (const std::string_view why = why_no_xdp(driver_of(interface.name)); !why.empty()) {
    return Error(
        ErrorKind::unsupported,
        fmt::format("interface {} takes no XDP program: {}; use engine packet", name, why));
  }
  const Error reason = system_error(errno_value, "its driver takes no XDP program");
  return Error(ErrorKind::unsupported, fmt::format("interface {}: {}", name, reason.message()));
}

/// libbpf's options say how long they are. (Its macro for them is no C++.)
template <typename T>
T sized() {
  T options{};
  options.sz = sizeof options;
  return options;
}

/// Runs a program `repeat` times over frames that begin as `frame`, and do what it says.
Result<void> run_live(int program, Bytes frame, int repeat, std::uint32_t batch) {
  auto options = sized<bpf_test_run_opts>();
  options.data_in = frame.data();
  options.data_size_in = static_cast<std::uint32_t>(frame.size());
  options.repeat = repeat;
  options.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
  options.batch_size = batch;
  const int result = bpf_prog_test_run_opts(program, &options);
  if (result == 0 || result == -EINTR) return {};
  if (result == -EPERM) return fail(ErrorKind::denied, kMissingRights);
  if (result == -EINVAL) {
    return fail(
        ErrorKind::unsupported,
        "this kernel sends no frames from XDP (Linux 5.18 and later do); use engine packet");
  }
  return std::unexpected(system_error(-result, "run an XDP program"));
}

}  // namespace

struct XdpPrograms::Loaded {
  scan_bpf* skeleton = nullptr;
  UniqueFd link;

  ~Loaded() {
    link = UniqueFd();
    scan_bpf::destroy(skeleton);
  }
};

XdpPrograms::Mapping::~Mapping() {
  if (!words.empty()) ::munmap(words.data(), words.size_bytes());
}

Result<void> XdpPrograms::Mapping::map(int descriptor, std::size_t bytes) {
  void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (memory == MAP_FAILED) return std::unexpected(system_error(errno, "map memory of XDP"));
  words = {static_cast<std::uint64_t*>(memory), bytes / sizeof(std::uint64_t)};
  return {};
}

XdpPrograms::XdpPrograms(std::size_t targets, std::size_t walkers)
    : targets_(targets), walkers_(walkers), loaded_(std::make_unique<Loaded>()) {}

XdpPrograms::~XdpPrograms() = default;

Result<std::unique_ptr<XdpPrograms>> XdpPrograms::load(std::size_t targets, std::size_t walkers) {
  // It would tell standard error what we tell by our own errors.
  libbpf_set_print(nullptr);
  std::unique_ptr<XdpPrograms> programs(new XdpPrograms(targets, walkers));
  scan_bpf* const skeleton = scan_bpf::open();
  programs->loaded_->skeleton = skeleton;
  if (skeleton == nullptr) return std::unexpected(load_error(errno));
  const std::size_t words = LOCKSTEP_XDP_PORTS * programs->words_per_port();
  skeleton->rodata->words_per_port = static_cast<std::uint32_t>(programs->words_per_port());
  skeleton->rodata->cursors_per_walker = static_cast<std::uint32_t>(targets);
  bpf_map__set_max_entries(skeleton->maps.answers, static_cast<std::uint32_t>(words));
  bpf_map__set_max_entries(skeleton->maps.cursors, static_cast<std::uint32_t>(targets * walkers));
  if (const int result = scan_bpf::load(skeleton); result != 0) {
    return std::unexpected(load_error(-result));
  }
  programs->shared_ = &skeleton->bss->shared;
  const std::size_t cursor_bytes = targets * walkers * sizeof(lockstep_xdp_cursor);
  LOCKSTEP_CHECK(
      programs->answers_.map(bpf_map__fd(skeleton->maps.answers), words * sizeof(std::uint64_t)));
  LOCKSTEP_CHECK(programs->cursor_memory_.map(bpf_map__fd(skeleton->maps.cursors), cursor_bytes));
  void* const cursors = programs->cursor_memory_.words.data();
  programs->cursors_ = {static_cast<lockstep_xdp_cursor*>(cursors), targets * walkers};
  return programs;
}

Result<void> XdpPrograms::attach(const Interface& interface) {
  auto options = sized<bpf_link_create_opts>();
  options.flags = XDP_FLAGS_DRV_MODE;
  shared_->ifindex = static_cast<std::uint32_t>(interface.index);
  const int link = bpf_link_create(bpf_program__fd(loaded_->skeleton->progs.lockstep_receive),
                                   interface.index, BPF_XDP, &options);
  if (link < 0) return std::unexpected(attach_error(-link, interface));
  loaded_->link = UniqueFd(link);
  return {};
}

Result<void> XdpPrograms::send(Bytes frame) {
  return run_live(bpf_program__fd(loaded_->skeleton->progs.lockstep_send), frame, 1, 1);
}

Result<void> XdpPrograms::generate(std::size_t frame_bytes) const {
  constexpr std::uint32_t kBatch = 64;
  const std::array<std::byte, LOCKSTEP_XDP_SLACK + LOCKSTEP_XDP_FRAME> blank{};
  return run_live(bpf_program__fd(loaded_->skeleton->progs.lockstep_generate),
                  Bytes(blank).first(frame_bytes), std::numeric_limits<int>::max(), kBatch);
}

Result<void> may_use_xdp() {
  LOCKSTEP_CHECK(XdpPrograms::load(1, 1));
  return {};
}

}  // namespace lockstep::net
