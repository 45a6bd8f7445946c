#include "profiles/service_text.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/text.h"
#include "profiles/glob.h"

namespace lockstep {
namespace {

constexpr std::string_view kWithinTls = "ssl/";

/// Ports of these names carry the other service within TLS.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kOtherWords = {
    {{"https", "http"},
     {"imaps", "imap"},
     {"pop3s", "pop3"},
     {"smtps", "smtp"},
     {"ldaps", "ldap"},
     {"ftps", "ftp"},
     {"ircs", "irc"},
     {"telnets", "telnet"},
     {"domain-s", "domain"},
     {"amqps", "amqp"}}};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::vector<std::string> alternatives(std::string_view wanted) {
  std::vector<std::string> result;
  while (true) {
    const std::size_t end = wanted.find('|');
    std::string each = lower_case(trimmed(wanted.substr(0, end)));
    for (const auto& [word, name] : kOtherWords) {
      const bool names_it =
          each.starts_with(word) && (each.size() == word.size() || each[word.size()] == ' ');
      if (names_it) each = std::string(kWithinTls) + std::string(name) + each.substr(word.size());
    }
    if (!each.empty()) result.push_back(std::move(each));
    if (end == std::string_view::npos) return result;
    wanted.remove_prefix(end + 1);
  }
}

bool fits_form(std::string_view wanted, std::string_view form) {
  if (form.empty()) return false;
  if (wanted.find_first_of("*?") != std::string_view::npos) return fits_glob(wanted, form);
  return form.starts_with(wanted) && (form.size() == wanted.size() || form[wanted.size()] == ' ');
}

/// The alternative without its "ssl/", and whether it had one.
std::pair<std::string_view, bool> within_tls(std::string_view alternative) {
  const bool tls = alternative.starts_with(kWithinTls);
  if (tls) alternative.remove_prefix(kWithinTls.size());
  return {alternative, tls};
}

std::string joined(const std::string& a, const std::string& b) {
  return a.empty() || b.empty() ? a + b : a + " " + b;
}

}  // namespace

bool fits_service(std::string_view wanted, const Service& service) {
  if (service.name.empty()) return false;
  const std::string name = lower_case(service.name);
  const std::string product = lower_case(joined(service.product, service.version));
  const std::string all = joined(name, product);
  return std::ranges::any_of(alternatives(wanted), [&](const std::string& each) {
    const auto [text, tls] = within_tls(each);
    if (tls != service.tls) return false;
    return fits_form(text, name) || (!service.product.empty() && fits_form(text, product)) ||
           fits_form(text, all);
  });
}

ServiceHint hint_of(std::string_view wanted, const TellableServices& tellable) {
  for (const std::string& each : alternatives(wanted)) {
    const auto [text, tls] = within_tls(each);
    std::string first(text.substr(0, text.find(' ')));
    if (tellable.names.contains(first)) return {.name = std::move(first), .tls = tls};
  }
  return {};
}

bool can_tell_service(std::string_view wanted, const TellableServices& tellable) {
  return std::ranges::all_of(alternatives(wanted), [&](const std::string& each) {
    const std::string_view text = within_tls(each).first;
    // "Apache httpd 2.4" has a product of two words.
    for (std::size_t end = text.find(' ');; end = text.find(' ', end + 1)) {
      const std::string front(text.substr(0, end));
      if (tellable.names.contains(front) || tellable.products.contains(front)) return true;
      if (end == std::string_view::npos) return false;
    }
  });
}

std::string name_text(const Service& service) {
  if (service.name.empty()) return {};
  return service.tls ? std::string(kWithinTls) + service.name : service.name;
}

std::string service_text(const Service& service) {
  if (service.name.empty()) return "no service that is known";
  const std::string text = name_text(service);
  const std::string product = joined(service.product, service.version);
  return product.empty() ? text : text + " " + product;
}

int compare_versions(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    if (is_digit(a.front()) && is_digit(b.front())) {
      const auto number = [](std::string_view& text) {
        while (text.size() > 1 && text[0] == '0' && is_digit(text[1])) text.remove_prefix(1);
        std::size_t end = 0;
        while (end < text.size() && is_digit(text[end])) ++end;
        const std::string_view digits = text.substr(0, end);
        text.remove_prefix(end);
        return digits;
      };
      const std::string_view left = number(a);
      const std::string_view right = number(b);
      if (left.size() != right.size()) return left.size() < right.size() ? -1 : 1;
      if (const int order = left.compare(right)) return order;
    } else {
      if (a.front() != b.front()) return a.front() < b.front() ? -1 : 1;
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  return a.empty() ? (b.empty() ? 0 : -1) : 1;
}

}  // namespace lockstep
