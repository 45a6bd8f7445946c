#include "services/recog/conclusions.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace lockstep::services {
namespace {

bool contains(std::string_view text, std::string_view part) {
  return lower_case(text).find(lower_case(part)) != std::string::npos;
}

void fill(std::string& field, std::string text) {
  if (field.empty()) field = std::move(text);
}

void replace(std::string& text, std::string_view from, std::string_view to) {
  if (const std::size_t at = text.find(from); at != text.npos) text.replace(at, from.size(), to);
}

/// What there is of both, with a space between.
std::string joined(std::string first, std::string_view second) {
  if (!first.empty() && !second.empty()) first += ' ';
  first += second;
  return first;
}

}  // namespace

Conclusions::Conclusions(const Fingerprint& fingerprint, Captures captures) {
  std::vector<std::pair<std::string_view, std::string_view>> plain;
  for (const RecogParam& param : fingerprint.params) {
    std::string_view value = param.value;
    if (param.group != 0) value = param.group < captures.size() ? captures[param.group] : "";
    plain.emplace_back(param.name, value);
  }
  for (std::size_t i = 0; i < plain.size(); ++i) {
    std::string value(plain[i].second);
    // What was captured comes from a stranger, and its braces are none.
    if (fingerprint.params[i].group == 0) {
      for (const auto& [name, other] : plain) replace(value, fmt::format("{{{}}}", name), other);
    }
    values_.emplace_back(plain[i].first, std::move(value));
  }
}

std::string_view Conclusions::raw(std::string_view name) const {
  const auto found =
      std::ranges::find(values_, name, [](const auto& value) { return value.first; });
  return found == values_.end() ? std::string_view() : std::string_view(found->second);
}

std::string Conclusions::text(std::string_view name) const {
  const std::string_view certainty =
      raw(fmt::format("{}.certainty", name.substr(0, name.find('.'))));
  double sure = 1;
  std::from_chars(certainty.data(), certainty.data() + certainty.size(), sure);
  if (!(sure > 0)) return {};
  std::string result;
  for (const char c : raw(name)) {
    if (c >= ' ' && c <= '~') result += c;
  }
  if (result.size() > kMostFieldBytes) result.resize(kMostFieldBytes);
  return std::string(trimmed(result));
}

std::string Conclusions::product_of(std::string_view what) const {
  std::string product = text(fmt::format("{}.product", what));
  const std::string vendor = text(fmt::format("{}.vendor", what));
  if (product.empty() || vendor.empty() || contains(product, vendor)) return product;
  return joined(vendor, product).substr(0, kMostFieldBytes);
}

void Conclusions::refine(Service& service) const {
  const std::string product = text("service.product");
  const bool other = !product.empty() && !service.product.empty() &&
                     !contains(product, service.product) && !contains(service.product, product);
  if (other) return;
  if (!product.empty()) {
    fill(service.product, product_of("service"));
    fill(service.version, text("service.version"));
  }
  fill(service.system, joined(product_of("os"), text("os.version")).substr(0, kMostFieldBytes));
  std::string device = product_of("hw");
  fill(service.device, device.empty() ? text("hw.device") : std::move(device));
  fill(service.hostname, text("host.name"));
}

}  // namespace lockstep::services
