// The parser of files of probes and signatures. The grammar is the one that is documented for
// Nmap's version detection, so that an administrator can point Lockstep at a file of his own:
//
//   Exclude T:9100-9116
//   Probe TCP GetRequest q|GET / HTTP/1.0\r\n\r\n|
//   rarity 1
//   ports 80,8000-8100
//   sslports 443
//   totalwaitms 5000
//   tcpwrappedms 2000
//   fallback NULL
//   match http m|^HTTP/1\.[01] \d\d\d .*\r\nServer: nginx/([\d.]+)|s p/nginx/ v/$1/
//   softmatch http m|^HTTP/1\.[01] \d\d\d|
//
// One thing more is taken: a Probe that stands there twice with the same bytes goes on where the
// first ended, so that a set may be spread over files.

#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "services/probe.h"

namespace lockstep::services {

/// Adds what `text` says to `set`. Patterns are not yet tried: the matcher compiles them. Errors:
/// `invalid`, with the number of the line; `set` is then as it was.
Result<void> parse_probe_file(std::string_view text, ProbeSet& set);

/// Adds a user's own file to a set. A probe that is there, with the same name and bytes, goes on:
/// its signatures are tried before those that are there, its rarity and waits count, its ports and
/// fallbacks come on top. So of several files the first is added last. With other bytes it is
/// another probe, "PROBE@NAME". `name` is what people call the file. Errors: `invalid`, "NAME:LINE:
/// what"; `set` is then as it was.
Result<void> parse_own_probe_file(std::string_view text, const std::string& name, ProbeSet& set);

/// That each fallback names a probe that is there. After the last file.
Result<void> check_fallbacks(const ProbeSet& set);

}  // namespace lockstep::services
