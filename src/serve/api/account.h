// Cookies of sessions.

#pragma once

#include <string>

namespace lockstep::serve {

inline constexpr const char* kSessionCookie = "lockstep_session";

/// The value of a Set-Cookie header; an empty secret takes the cookie away.
std::string session_cookie(const std::string& secret, bool secure);

}  // namespace lockstep::serve
