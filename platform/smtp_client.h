#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "policy/result.h"

namespace platform {

struct SmtpServer {
  std::string host;
  std::uint16_t port = 587;
  enum class Security : std::uint8_t {
    starttls,  // demanded: never goes on without (RFC 3207)
    tls,       // from the first byte (RFC 8314)
    none,      // in the clear: for a relay on this machine
  } security = Security::starttls;
  std::string user;               // empty: no log-in
  std::filesystem::path ca_file;  // PEM; empty for the system's CAs
};

// Hands a mail over, by libcurl: TLS 1.2 or later, the certificate always verified. `text` is the
// whole mail with CRLF. Returns once the server has taken it for all recipients. `not_allowed`
// where TLS or the log-in fails, `exhausted` after half a minute, else `unavailable`: soon, once it
// has to stop. Any thread.
policy::Result<void> SendMail(const SmtpServer& server, const std::string& password,
                              const std::string& from, const std::vector<std::string>& to,
                              const std::string& text, std::stop_token stop = {});

}  // namespace platform
