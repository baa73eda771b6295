#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace exporters {

// Sends `request` as it is to an HTTP server and gives the head of what it answers, each line with
// its line end. Empty if the server hangs up instead; nothing if it can't be reached or takes too
// long. `host` is an address.
std::optional<std::string> AskForHead(const std::string& host, std::uint16_t port,
                                      std::string_view request, std::chrono::milliseconds timeout);

// "403" of "HTTP/1.1 403 Forbidden"; empty if that is no head.
std::string_view StatusOf(std::string_view head);

}  // namespace exporters
