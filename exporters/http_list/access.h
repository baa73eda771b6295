#pragma once

#include <string_view>
#include <vector>

#include "exporters/named_key.h"

namespace exporters::http_list {

// Who may fetch lists. Immutable.
class Access {
 public:
  static Access Anybody() { return Access({}, true); }
  static Access Only(std::vector<NamedKey> readers) { return Access(std::move(readers), false); }
  // Whoever showed a certificate that the server verified, and these readers.
  static Access CertificateOr(std::vector<NamedKey> readers) {
    Access access(std::move(readers), false);
    access.certificate_ = true;
    return access;
  }

  // Reads an Authorization header: "Bearer TOKEN", or "Basic" with the reader's name as the user
  // and the token as the password (RFC 6750, RFC 7617). The time it takes tells nothing of a token.
  // `certificate` is HttpServerRequest's client_cert_identity.
  bool Allows(std::string_view authorization, std::string_view certificate = {}) const;
  bool is_anybody() const { return anybody_; }

 private:
  Access(std::vector<NamedKey> readers, bool anybody)
      : readers_(std::move(readers)), anybody_(anybody) {}
  // An empty name stands for any reader.
  bool Knows(std::string_view name, std::string_view token) const;

  std::vector<NamedKey> readers_;
  bool anybody_;
  bool certificate_ = false;
};

}  // namespace exporters::http_list
