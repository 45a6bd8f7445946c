#include "model/reported_port.h"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

TEST(NetworkView, TellsOursFromThatOfAnInstance) {
  const struct {
    const char* description;
    std::string text;
    std::string network;
    std::string instance;
  } rows[] = {
      {"ours", "management", "management", ""},
      {"none", "", "", ""},
      {"an instance's", network_by("fabric", "listeners"), "fabric", "listeners"},
      {"a name with the word", "by", "by", ""},
      {"a network with the word", network_by("by", "by"), "by", "by"},
  };
  for (const auto& row : rows) {
    const NetworkView view = network_view(row.text);
    EXPECT_EQ(view.network, row.network) << row.description;
    EXPECT_EQ(view.instance, row.instance) << row.description;
  }
  EXPECT_EQ(network_by("management", "listeners"), "management by listeners");
}

TEST(ExaminedPorts, AreNumbersAlone) {
  const struct {
    const char* description;
    const char* text;
    const char* ports;  // empty: an error
  } rows[] = {
      {"one", "22", "22"},
      {"some", "22, 80-90,443", "22,80-90,443"},
      {"all of them", "all", "1-65535"},
      {"a range without a beginning", "-3", "1-3"},
      {"nothing", "", ""},
      {"a comma too many", "22,", ""},
      {"port 0", "0-22", ""},
      {"too large a port", "65536", ""},
      {"a name", "ssh", ""},
      {"backwards", "90-80", ""},
      {"bytes", "\x1b[2J", ""},
  };
  for (const auto& row : rows) {
    const auto ports = parse_examined_ports(row.text);
    EXPECT_EQ(ports ? ports->to_string() : "", row.ports) << row.description;
  }
}

}  // namespace
}  // namespace lockstep
