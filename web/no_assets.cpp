#include "serve/pages/assets.h"

namespace lockstep::serve {

std::span<const Asset> built_assets() {
  return {};
}

}  // namespace lockstep::serve
