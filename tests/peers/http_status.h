#pragma once

#include <cstdint>
#include <string>

namespace peers {

// The status of what port `port` of 127.0.0.1 answers to `request`, which is sent as it is from
// `source`, an address of 127.0.0.0/8; 0 if it gives none within 20 s.
int HttpStatus(std::uint16_t port, const std::string& request,
               const std::string& source = "127.0.0.1");

}  // namespace peers
