#include "app/config_services.h"

#include <string>

#include "base/text.h"

namespace lockstep {

void read_services_table(TomlReader& root, std::string_view folder, ServicesConfig& services) {
  const auto as_path = [folder](const TomlValue& value) -> Result<std::string> {
    LOCKSTEP_TRY(std::string path, toml_text(value));
    if (trimmed(path).empty()) return fail(ErrorKind::invalid, "is empty; write a path");
    return path.starts_with('/') ? path : std::string(folder) + path;
  };
  root.table("services", [&](TomlReader& table) {
    table.read_list("probes", services.files.probes, as_path);
    table.read_list("recog", services.files.recog, as_path);
  });
}

}  // namespace lockstep
