#include "plugin_host/messages.h"

#include <gtest/gtest.h>

namespace lockstep::plugin_host {
namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

TEST(HostMessages, AnOrderComesAsItWent) {
  const Order order{.words = {"/bin/a plug-in", "", "--quick\n"},
                    .limits = {.time = std::chrono::milliseconds(1234),
                               .grace = std::chrono::milliseconds(5),
                               .output_bytes = 1,
                               .memory_bytes = std::size_t{3} << 30,
                               .processes = 7,
                               .open_files = 9},
                    .input_bytes = kMostInputBytes};
  const auto written = write(ToHost(order));
  ASSERT_TRUE(written);
  const auto read = read_to_host(*written);
  ASSERT_TRUE(read);
  const Order& got = std::get<Order>(*read);
  EXPECT_EQ(got.words, order.words);
  EXPECT_EQ(got.limits.time, order.limits.time);
  EXPECT_EQ(got.limits.grace, order.limits.grace);
  EXPECT_EQ(got.limits.output_bytes, order.limits.output_bytes);
  EXPECT_EQ(got.limits.memory_bytes, order.limits.memory_bytes);
  EXPECT_EQ(got.limits.processes, order.limits.processes);
  EXPECT_EQ(got.limits.open_files, order.limits.open_files);
  EXPECT_EQ(got.input_bytes, order.input_bytes);
  for (std::size_t size = 0; size < written->size(); ++size) {
    EXPECT_FALSE(read_to_host(std::span(*written).first(size))) << "cut at " << size;
  }
  auto longer = *written;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(read_to_host(longer));
}

TEST(HostMessages, AnOrderBeyondItsBoundsIsNotWritten) {
  const struct {
    const char* description;
    Order order;
  } rows[] = {
      {"no word", {}},
      {"a word with a NUL", {.words = {std::string("a\0b", 3)}, .limits = {}}},
      {"too many words", {.words = std::vector<std::string>(kMostWords + 1, "a"), .limits = {}}},
      {"a word that is too long", {.words = {std::string(kMostWordBytes + 1, 'a')}, .limits = {}}},
      {"words that are too long together",
       {.words = std::vector<std::string>(3, std::string(kMostWordBytes / 2, 'a')), .limits = {}}},
      {"too much input", {.words = {"a"}, .limits = {}, .input_bytes = kMostInputBytes + 1}},
      {"a time before now", {.words = {"a"}, .limits = {.time = std::chrono::milliseconds(-1)}}},
      {"a time without end", {.words = {"a"}, .limits = {.time = std::chrono::hours(25)}}},
      {"output without end", {.words = {"a"}, .limits = {.output_bytes = std::size_t{1} << 40}}},
  };
  for (const auto& row : rows) {
    const auto written = write(ToHost(row.order));
    ASSERT_FALSE(written) << row.description;
    EXPECT_EQ(written.error().kind(), ErrorKind::invalid) << row.description;
  }
}

TEST(HostMessages, PiecesAndStops) {
  const auto piece = write(ToHost(Piece{"some input"}));
  const auto read = read_to_host(piece.value());
  ASSERT_TRUE(read);
  EXPECT_EQ(std::get<Piece>(*read).bytes, "some input");
  EXPECT_TRUE(std::holds_alternative<Stop>(read_to_host(write(ToHost(Stop{})).value()).value()));
  const auto output = write(ToCore(Piece{"\0some"}));
  EXPECT_TRUE(read_to_core(output).has_value() || output.size() == 1);
}

TEST(HostMessages, AnOutcomeComesAsItWent) {
  const GuardedOutcome outcome{.end = GuardedEnd::too_much_memory,
                               .status = 137,
                               .ended_on_term = true,
                               .left_behind = 3,
                               .something_stays = true,
                               .complaint = "why",
                               .duration = {}};
  const auto read = read_to_core(write(ToCore(outcome)));
  ASSERT_TRUE(read);
  const auto& got = std::get<GuardedOutcome>(*read);
  EXPECT_EQ(got.end, outcome.end);
  EXPECT_EQ(got.status, outcome.status);
  EXPECT_EQ(got.ended_on_term, outcome.ended_on_term);
  EXPECT_EQ(got.left_behind, outcome.left_behind);
  EXPECT_EQ(got.something_stays, outcome.something_stays);
  EXPECT_EQ(got.complaint, outcome.complaint);
}

TEST(HostMessages, WhatIsTooLongIsCut) {
  GuardedOutcome outcome;
  outcome.complaint = "begin" + std::string(kMostComplaintBytes, 'x');
  const auto read = read_to_core(write(ToCore(outcome)));
  ASSERT_TRUE(read);
  EXPECT_EQ(std::get<GuardedOutcome>(*read).complaint, std::string(kMostComplaintBytes, 'x'));
  const Failure failure{ErrorKind::denied, std::string(2 * kMostErrorBytes, 'y')};
  const auto other = read_to_core(write(ToCore(failure)));
  ASSERT_TRUE(other);
  EXPECT_EQ(std::get<Failure>(*other).kind, ErrorKind::denied);
  EXPECT_EQ(std::get<Failure>(*other).message.size(), kMostErrorBytes);
}

TEST(HostMessages, WhatIsNoMessageIsNone) {
  const std::string rows[] = {
      "",
      "x",
      "p",
      "s more",
      "p" + std::string(kMostPieceBytes + 1, 'x'),
      "d",
      std::string("d\x07\0\0\0\0\0\0\0\0\0\0\0\0", 14),  // an end that there is not
      std::string("d\0\x01\0\0\0\0\0\0\0\0\0\0\0", 14),  // a status beyond 255
      std::string("d\0\0\0\x02\0\0\0\0\0\0\0\0\0", 14),  // neither true nor false
      std::string("d\0\0\0\0\0\xff\0\0\0\0\0\0\0", 14),  // more left behind than there can be
      std::string("d\0\0\0\0\0\0\0\0\0\0\0\0\0", 14) + std::string(kMostComplaintBytes + 1, 'x'),
      "e\x7f why",
      "e" + std::string(1, '\0') + std::string(kMostErrorBytes + 1, 'x'),
  };
  for (const std::string& row : rows) {
    EXPECT_FALSE(read_to_core(bytes_of(row))) << row.substr(0, 20);
    EXPECT_FALSE(read_to_host(bytes_of(row)) && row != "s") << row.substr(0, 20);
  }
}

}  // namespace
}  // namespace lockstep::plugin_host
