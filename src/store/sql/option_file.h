// Option files of MariaDB and MySQL, such as ~/.my.cnf, for the passwords that stand in them.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace lockstep {

/// The `password` of the groups [client], [client-mariadb] and [lockstep] in the text of an option
/// file, the last of them; none: nothing. Other keys, and files that it includes, do not count.
/// https://mariadb.com/kb/en/configuring-mariadb-with-option-files/
std::optional<std::string> password_in(std::string_view text);

/// password_in() of the file at `path`. Errors: `not_found`; `denied` where others than its owner
/// may read it and there is a password in it; `invalid` for
/// what is no plain file, or has more than 64 KiB.
Result<std::optional<std::string>> read_password(const std::string& path);

}  // namespace lockstep
