#include "store/sql/texts.h"

#include <soci/soci.h>

namespace lockstep {

std::vector<std::vector<std::string>> select_texts(soci::session& sql, const std::string& query,
                                                   std::size_t columns,
                                                   const std::optional<std::string>& parameter) {
  std::vector<std::string> row(columns);
  std::vector<soci::indicator> present(columns, soci::i_ok);
  soci::statement select(sql);
  for (std::size_t i = 0; i < columns; ++i) select.exchange(soci::into(row[i], present[i]));
  if (parameter) select.exchange(soci::use(*parameter));
  select.alloc();
  select.prepare(query);
  select.define_and_bind();
  select.execute();

  std::vector<std::vector<std::string>> rows;
  while (select.fetch()) {
    for (std::size_t i = 0; i < columns; ++i) {
      if (present[i] == soci::i_null) row[i].clear();
    }
    rows.push_back(row);
  }
  return rows;
}

}  // namespace lockstep
