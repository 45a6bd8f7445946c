// Why a connection could not be made.

#pragma once

#include <chrono>
#include <string>

namespace lockstep {

/// Tries to connect once more, for `patience` at most, and returns the SQLSTATE with which the
/// server refuses, such as "3D000"; empty where it gave none. PQconnectdb() has no way to tell it,
/// and the server's words are in the server's language.
std::string sqlstate_of_refusal(const std::string& url, std::chrono::milliseconds patience);

}  // namespace lockstep
