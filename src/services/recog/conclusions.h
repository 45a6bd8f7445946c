// What a fingerprint that fits tells of a service.

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/service.h"
#include "services/field_template.h"
#include "services/recog/recog_file.h"

namespace lockstep::services {

class Conclusions {
 public:
  Conclusions(const Fingerprint& fingerprint, Captures captures);

  /// As it was captured; empty where nothing is told.
  std::string_view raw(std::string_view name) const;

  /// Fills fields of `service` that are empty. Where it has a product already, and this tells of
  /// another, nothing is taken: what else it tells is of that one.
  void refine(Service& service) const;

 private:
  /// Printable, and "" where its certainty is said to be none.
  std::string text(std::string_view name) const;
  /// "VENDOR PRODUCT", without a vendor that the product names.
  std::string product_of(std::string_view what) const;

  std::vector<std::pair<std::string_view, std::string>> values_;  // names are the fingerprint's
};

}  // namespace lockstep::services
