#include "inventory/slurm/slurm_source.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "inventory/test_folder.h"

namespace lockstep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A script in the place of sinfo; tests/slurm/ has the real one.
class Source {
 public:
  explicit Source(const std::string& body) {
    folder_.write("sinfo", "#!/bin/sh\n" + body + "\n");
    options.sinfo = folder_.path("sinfo");
    std::filesystem::permissions(options.sinfo, std::filesystem::perms::owner_all);
    options.lookup = [](const std::string& name) -> Result<std::vector<IpAddress>> {
      if (name == "c2-ib") return std::vector{*IpAddress::parse("198.18.2.2")};
      return fail(ErrorKind::not_found, "not found");
    };
  }

  Result<Inventory> load() const { return make_slurm_source(options)->load(); }

  /// "n1 batch+gpu 198.18.0.1" each.
  std::vector<std::string> told() const {
    const auto inventory = load();
    if (!inventory) return {inventory.error().message()};
    std::vector<std::string> lines;
    for (const auto& [name, node] : inventory->nodes) {
      std::string line = fmt::format("{} {}", name, fmt::join(node.classes, "+"));
      for (const NodeAddress& each : node.addresses) line += " " + each.address.to_string();
      lines.push_back(line);
    }
    return lines;
  }

  SlurmSourceOptions options;

 private:
  TestFolder folder_;
};

const char* const kTwo =
    "test \"$*\" = '--all --Node --noheader -o %N|%R|%o|%f' || exit 3\n"
    "echo 'n1|batch|198.18.0.1|big,gpu'; echo 'n1|debug|198.18.0.1|big,gpu'\n"
    "echo 'n2|batch|c2-ib|(null)'; echo 'n3|batch|n3|big'; echo 'n4|debug|lost|big'";

TEST(SlurmSource, MakesEachPartitionAClass) {
  EXPECT_THAT(Source(kTwo).told(), ElementsAre("n1 batch+debug 198.18.0.1", "n2 batch 198.18.2.2",
                                               "n3 batch", "n4 debug"));
}

TEST(SlurmSource, MakesClassesAsItIsTold) {
  const struct {
    const char* what;
    SlurmClasses partitions;
    SlurmClasses features;
    std::vector<std::string> told;
  } rows[] = {
      {"one partition", {{"batch", "batch"}}, {}, {"n1 batch", "n2 batch", "n3 batch", "n4 "}},
      {"by another name",
       {{"batch", "compute"}},
       {},
       {"n1 compute", "n2 compute", "n3 compute", "n4 "}},
      {"all, one by another name",
       {{"*", "*"}, {"batch", "compute"}},
       {},
       {"n1 compute+debug", "n2 compute", "n3 compute", "n4 debug"}},
      {"two as one",
       {{"batch", "compute"}, {"debug", "compute"}},
       {},
       {"n1 compute", "n2 compute", "n3 compute", "n4 compute"}},
      {"features alone", {}, {{"*", "*"}}, {"n1 big+gpu", "n2 ", "n3 big", "n4 big"}},
      {"one of each",
       {{"debug", "debug"}},
       {{"gpu", "accelerated"}},
       {"n1 accelerated+debug", "n2 ", "n3 ", "n4 debug"}},
  };
  for (const auto& row : rows) {
    Source source(kTwo);
    source.options.addresses = false;
    source.options.partitions = row.partitions;
    source.options.features = row.features;
    EXPECT_EQ(source.told(), row.told) << row.what;
  }
}

TEST(SlurmSource, SaysWhatIsWrong) {
  const struct {
    const char* what;
    const char* script;
    const char* partition;
    const char* feature;
    const char* told;
  } rows[] = {
      {"it fails", "exit 1", "*", "*", "slurm: the command"},
      {"no answer of Slurm's", "echo hello", "*", "*", "line 1 is \"hello\""},
      {"a name that is none", "echo '--x|batch|a|b'", "*", "*", "line 1 is"},
      {"a mistyped partition", kTwo, "bacth", "*", "no node has the partition \"bacth\""},
      {"a mistyped feature", kTwo, "*", "gqu", "no node has the feature \"gqu\""},
      {"a partition that cannot name a class", "echo 'n1|a;b|n1|x'", "*", "*",
       "cannot name a class"},
  };
  for (const auto& row : rows) {
    Source source(row.script);
    source.options.partitions = {{row.partition, row.partition}};
    source.options.features = {{row.feature, row.feature}};
    const auto loaded = source.load();
    ASSERT_FALSE(loaded) << row.what;
    EXPECT_THAT(loaded.error().message(), HasSubstr(row.told)) << row.what;
    EXPECT_THAT(loaded.error().message(), testing::StartsWith("slurm: ")) << row.what;
  }
}

TEST(SlurmSource, OfAClusterWithoutNodesIsEmpty) {
  EXPECT_THAT(Source("true").told(), IsEmpty());
}

}  // namespace
}  // namespace lockstep
