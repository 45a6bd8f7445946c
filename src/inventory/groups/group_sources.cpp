#include "inventory/groups/group_sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>

#include "base/text.h"
#include "inventory/groups/groups_conf.h"
#include "inventory/groups/yaml_groups.h"
#include "inventory/read_file.h"

namespace lockstep {
namespace {

namespace fs = std::filesystem;

// Calls of lockstep::quoted() are qualified in this file: <filesystem> brings in std::quoted(),
// which is the better match for a std::string.

constexpr std::array<std::string_view, 5> kSourceOptions{"map", "all", "list", "reverse",
                                                         "cache_time"};
constexpr std::string_view kMain = "Main";

/// The files of a folder with this extension, sorted. A folder that does not exist has none.
Result<std::vector<std::string>> files_of(const std::string& folder, std::string_view extension) {
  std::vector<std::string> result;
  std::error_code error;
  if (!fs::exists(folder, error) && !error) return result;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string file = entry->path().filename();
    if (file.ends_with(extension) && !file.starts_with('.')) result.push_back(entry->path());
  }
  if (error) {
    return std::unexpected(
        system_error(error.value(), fmt::format("{}: cannot list the folder", folder)));
  }
  std::ranges::sort(result);
  return result;
}

class Loader {
 public:
  Result<GroupSources> load(const std::string& path) {
    sources_.config_folder = fs::path(path).parent_path();
    if (sources_.config_folder.empty()) sources_.config_folder = ".";
    LOCKSTEP_TRY(const std::vector<ConfSection> sections, read_conf(path));
    const auto main = std::ranges::find(sections, kMain, &ConfSection::name);
    if (main != sections.end()) LOCKSTEP_CHECK(add_folders(*main, path));
    LOCKSTEP_CHECK(add_sections(sections, path, sources_.config_folder));
    if (main != sections.end()) LOCKSTEP_CHECK(set_default(*main, path));
    if (sources_.default_source.empty() && sources_.by_name.size() == 1) {
      sources_.default_source = sources_.by_name.begin()->first;
    }
    return std::move(sources_);
  }

 private:
  Result<std::vector<ConfSection>> read_conf(const std::string& path) {
    Result<std::string> text = read_inventory_file(path);
    if (!text) return std::unexpected(text.error().within(path));
    Result<std::vector<ConfSection>> sections = parse_conf(*text);
    if (!sections) return std::unexpected(sections.error().within(path));
    return sections;
  }

  Result<void> add_folders(const ConfSection& main, const std::string& path) {
    const char* confdir = main.options.contains("groupsdir") ? "groupsdir" : "confdir";
    LOCKSTEP_TRY(const auto conf_folders, folders(main, confdir, path));
    for (const std::string& folder : conf_folders) {
      LOCKSTEP_TRY(const auto files, files_of(folder, ".conf"));
      for (const std::string& file : files) {
        LOCKSTEP_TRY(const std::vector<ConfSection> sections, read_conf(file));
        LOCKSTEP_CHECK(add_sections(sections, file, folder));
      }
    }
    LOCKSTEP_TRY(const auto yaml_folders, folders(main, "autodir", path));
    for (const std::string& folder : yaml_folders) {
      LOCKSTEP_TRY(const auto files, files_of(folder, ".yaml"));
      for (const std::string& file : files) LOCKSTEP_CHECK(add_yaml(file, folder));
    }
    return {};
  }

  /// The folders of an option, each once.
  Result<std::vector<std::string>> folders(const ConfSection& main, const char* key,
                                           const std::string& path) {
    std::vector<std::string> result;
    const auto option = main.options.find(key);
    if (option == main.options.end()) return result;
    const auto words = shell_words(option->second.value);
    if (!words) return fail_at(path, option->second.line, words.error().message());
    for (const std::string& word : *words) {
      const std::string folder =
          fs::path(substituted(word, {{"CFGDIR", sources_.config_folder}})).lexically_normal();
      if (std::ranges::find(result, folder) == result.end()) result.push_back(folder);
    }
    return result;
  }

  Result<void> add_sections(const std::vector<ConfSection>& sections, const std::string& path,
                            const std::string& folder) {
    for (const ConfSection& section : sections) {
      if (section.name == kMain) continue;
      if (!section.options.contains("map")) {
        return fail_at(path, section.line,
                       fmt::format("the group source [{}] has no \"map\"", section.name));
      }
      GroupSource source{"", path, folder, {}, {}, false};
      for (const auto& [key, option] : section.options) {
        if (std::ranges::find(kSourceOptions, key) == kSourceOptions.end()) {
          return fail_at(path, option.line,
                         fmt::format("unknown option {}; a group source has map, all, list, "
                                     "reverse and cache_time",
                                     lockstep::quoted(key)));
        }
        if (key != "cache_time" && !option.value.empty()) source.upcalls[key] = option.value;
      }
      for (const std::string_view name : split(section.name, ',')) {
        source.name = name;
        LOCKSTEP_CHECK(add(source, section.line));
      }
    }
    return {};
  }

  Result<void> add_yaml(const std::string& path, const std::string& folder) {
    Result<std::string> text = read_inventory_file(path);
    if (!text) return std::unexpected(text.error().within(path));
    Result<YamlGroups> parsed = parse_yaml_groups(*text);
    if (!parsed) return std::unexpected(parsed.error().within(path));
    for (auto& [name, groups] : *parsed) {
      LOCKSTEP_CHECK(add(GroupSource{name, path, folder, {}, std::move(groups), true}, 1));
    }
    return {};
  }

  Result<void> add(const GroupSource& source, std::size_t line) {
    const auto [known, added] = sources_.by_name.emplace(source.name, source);
    if (added) return {};
    return fail_at(source.declared_in, line,
                   fmt::format("the group source {} is already declared in {}",
                               lockstep::quoted(source.name), known->second.declared_in));
  }

  Result<void> set_default(const ConfSection& main, const std::string& path) {
    const auto option = main.options.find("default");
    if (option == main.options.end() || option->second.value.empty()) return {};
    if (!sources_.by_name.contains(option->second.value)) {
      return fail_at(
          path, option->second.line,
          fmt::format("there is no group source {}", lockstep::quoted(option->second.value)));
    }
    sources_.default_source = option->second.value;
    return {};
  }

  static std::unexpected<Error> fail_at(const std::string& path, std::size_t line,
                                        std::string_view message) {
    return fail(ErrorKind::invalid, fmt::format("{}: line {}: {}", path, line, message));
  }

  GroupSources sources_;
};

}  // namespace

Result<GroupSources> load_group_sources(const std::string& path) {
  return Loader().load(path);
}

}  // namespace lockstep
