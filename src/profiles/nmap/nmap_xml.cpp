#include "profiles/nmap/nmap_xml.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <pugixml.hpp>
#include <string>

#include "base/text.h"
#include "profiles/nmap/command_line.h"
#include "profiles/nmap/host_builder.h"

namespace lockstep {
namespace {

/// Elements and attributes together. pugixml takes 64 bytes for an element of four, so that the
/// size of the file alone would not bound its memory: this does, at 256 MiB. Twice the ports of a
/// host come to a third of it.
///
/// It bounds the depth of nesting too, of which pugixml is not afraid: neither does it call itself
/// for each level when it parses and frees a document, nor do the functions here.
constexpr std::size_t kMaxMarkup = 4'000'000;

std::string place_of(std::size_t offset) {
  return fmt::format("byte {}", offset);
}

/// The offset of the element's '<'.
std::string place_of(pugi::xml_node element) {
  return place_of(
      static_cast<std::size_t>(std::max<std::ptrdiff_t>(element.offset_debug(), 1) - 1));
}

std::unexpected<Error> fail_at(ErrorKind kind, const std::string& place, std::string message) {
  return std::unexpected(Error(kind, std::move(message)).within(place));
}

/// An element's attribute, empty if it has none of that name.
std::string_view attribute(pugi::xml_node element, const char* name) {
  return element.attribute(name).value();
}

// --- Before the parser sees it. ---

Result<void> check_amount(std::string_view bytes) {
  const auto markup = std::ranges::count_if(bytes, [](char c) { return c == '<' || c == '='; });
  if (static_cast<std::size_t>(markup) <= kMaxMarkup) return {};
  return fail(ErrorKind::invalid,
              fmt::format("more than {} elements and attributes, which no scan of one node has; "
                          "scan one node, without scripts",
                          with_thousands(kMaxMarkup)));
}

/// Nmap writes "<!DOCTYPE nmaprun>" and no more. Entities are never expanded here; but a file that
/// defines some is not Nmap's, and was made to hurt a reader that does expand them.
Result<void> check_document_type(std::string_view bytes) {
  constexpr std::string_view kAdvice = "; Nmap writes none: give the file as Nmap wrote it";
  if (const std::size_t entity = bytes.find("<!ENTITY"); entity != std::string_view::npos) {
    return fail_at(ErrorKind::invalid, place_of(entity),
                   fmt::format("a definition of an entity{}", kAdvice));
  }
  const std::size_t type = bytes.find("<!DOCTYPE");
  if (type == std::string_view::npos) return {};
  // Before the next '<' there is room for no '[' but that of a subset.
  const std::string_view declaration = bytes.substr(type, bytes.find('<', type + 1) - type);
  if (declaration.find('[') == std::string_view::npos) return {};
  return fail_at(ErrorKind::invalid, place_of(type),
                 fmt::format("a document type with a subset of its own{}", kAdvice));
}

/// A parser would call a file that was cut short damaged at its end, or at its first byte.
Result<void> check_end(std::string_view bytes) {
  const bool cut = bytes.find("<nmaprun") != std::string_view::npos &&
                   bytes.find("</nmaprun>") == std::string_view::npos;
  if (!cut) return {};
  return fail_at(
      ErrorKind::corrupt, place_of(bytes.size()),
      "the output ends without </nmaprun>: the scan was interrupted, or the file was cut "
      "short; scan again");
}

// --- The document. ---

Result<void> load(std::string_view bytes, pugi::xml_document& document) {
  const pugi::xml_parse_result parsed = document.load_buffer(
      bytes.data(), bytes.size(), pugi::parse_minimal | pugi::parse_escapes, pugi::encoding_utf8);
  if (parsed) return {};
  return fail_at(ErrorKind::corrupt, place_of(static_cast<std::size_t>(parsed.offset)),
                 fmt::format("not well-formed XML ({}): the file is damaged; scan again",
                             parsed.description()));
}

Result<pugi::xml_node> root_of(const pugi::xml_document& document) {
  const pugi::xml_node root = document.document_element();
  if (std::string_view(root.name()) != "nmaprun") {
    return fail_at(ErrorKind::invalid, place_of(root),
                   fmt::format("this is XML of another kind (its root is {}): give a file of nmap "
                               "-oX",
                               quoted(root.name())));
  }
  if (const pugi::xml_node next = root.next_sibling()) {
    return fail_at(ErrorKind::invalid, place_of(next),
                   "another scan begins here (--append-output): give the output of one");
  }
  return root;
}

/// A failed scan says so at its end, and may lack everything else.
Result<void> check_success(pugi::xml_node root) {
  const pugi::xml_node finished = root.child("runstats").child("finished");
  const std::string_view exit = attribute(finished, "exit");
  if (exit == "success") return {};
  if (exit.empty()) {
    return fail_at(
        ErrorKind::corrupt, place_of(root),
        "nothing says that the scan came to its end (no <finished exit=\"success\">): it "
        "was interrupted; scan again");
  }
  return fail_at(
      ErrorKind::invalid, place_of(finished),
      fmt::format("the scan failed: {}; scan again", quoted(attribute(finished, "errormsg"), 160)));
}

/// Other scanners imitate the format, but not what it means.
Result<void> check_scanner(pugi::xml_node root) {
  const std::string_view scanner = attribute(root, "scanner");
  if (scanner == "nmap") return {};
  return fail_at(
      ErrorKind::invalid, place_of(root),
      fmt::format("the scanner is {} and not \"nmap\": give a file of nmap -oX", quoted(scanner)));
}

std::optional<HostTotals> totals_of(pugi::xml_node root) {
  const pugi::xml_node hosts = root.child("runstats").child("hosts");
  if (!hosts) return std::nullopt;
  return HostTotals{hosts.attribute("up").as_uint(), hosts.attribute("total").as_uint()};
}

// --- A host. ---

std::string_view address_of(pugi::xml_node host) {
  for (const pugi::xml_node address : host.children("address")) {
    if (attribute(address, "addrtype") != "mac") return attribute(address, "addr");
  }
  return {};
}

/// The name that was asked for, else that of the reverse zone, as the normal format chooses.
std::string_view name_of(pugi::xml_node host) {
  const pugi::xml_node names = host.child("hostnames");
  const pugi::xml_node asked = names.find_child_by_attribute("hostname", "type", "user");
  return attribute(asked ? asked : names.child("hostname"), "name");
}

/// The name as the normal format of a version scan has it; a guess stays unnamed.
std::string service_of(pugi::xml_node port) {
  const pugi::xml_node service = port.child("service");
  if (attribute(service, "method") != "probed") return {};
  const bool encrypted = attribute(service, "tunnel") == "ssl";
  return fmt::format("{}{}", encrypted ? "ssl/" : "", attribute(service, "name"));
}

Result<void> read_ports(pugi::xml_node ports, bool version_scan, HostBuilder& hosts) {
  for (const pugi::xml_node port : ports.children("port")) {
    const std::string service = version_scan ? service_of(port) : std::string();
    const auto added = hosts.add_port({attribute(port, "portid"), attribute(port, "protocol"),
                                       attribute(port.child("state"), "state"), service});
    if (!added) return std::unexpected(added.error().within(place_of(port)));
  }
  return {};
}

Result<void> read_host(pugi::xml_node host, bool version_scan, HostBuilder& hosts) {
  if (attribute(host.child("status"), "state") != "up") {
    hosts.add_down(address_of(host));
    return {};
  }
  const auto added = hosts.add_up(address_of(host), name_of(host));
  if (!added) return std::unexpected(added.error().within(place_of(host)));
  for (const pugi::xml_node ports : host.children("ports")) {
    LOCKSTEP_CHECK(read_ports(ports, version_scan, hosts));
  }
  return {};
}

}  // namespace

Result<NmapHost> parse_nmap_xml(std::string_view bytes) {
  LOCKSTEP_CHECK(check_amount(bytes));
  LOCKSTEP_CHECK(check_document_type(bytes));
  LOCKSTEP_CHECK(check_end(bytes));
  pugi::xml_document document;
  LOCKSTEP_CHECK(load(bytes, document));
  LOCKSTEP_TRY(const pugi::xml_node root, root_of(document));
  LOCKSTEP_CHECK(check_success(root));
  LOCKSTEP_CHECK(check_scanner(root));
  const bool version_scan = asks_for_versions(attribute(root, "args"));
  HostBuilder hosts;
  for (const pugi::xml_node host : root.children("host")) {
    LOCKSTEP_CHECK(read_host(host, version_scan, hosts));
  }
  return std::move(hosts).finish(version_scan, totals_of(root));
}

}  // namespace lockstep
