#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "policy/result.h"
#include "policy/time.h"

namespace platform {

// Certificates that their authority took back: certificate revocation lists (RFC 5280, 5).
// Immutable, hence safe from any thread.
class RevocationList {
 public:
  // PEM text of one or several lists, each signed by a certificate of `ca_pem`. Lists that speak
  // for a part only (delta or indirect ones, scopes) are `malformed_input`: nothing would be said
  // of the rest.
  static policy::Result<RevocationList> Parse(std::string_view crl_pem, std::string_view ca_pem);

  // Of the first certificate in the PEM text; true for what is none.
  bool Revokes(std::string_view certificate_pem) const;

  // When the authority promised the next one, the earliest of several; the latest time there is if
  // none did.
  policy::TimePoint next_update() const { return next_update_; }

 private:
  std::set<std::pair<std::string, std::string>> revoked_;  // issuer and serial, both in DER
  policy::TimePoint next_update_ = policy::TimePoint::max();
};

// A revocation list in a file that somebody renews. Any thread.
class RevocationFile {
 public:
  // Fails if the file is no list by one of the authorities in `ca_file`.
  static policy::Result<std::unique_ptr<RevocationFile>> Open(std::filesystem::path file,
                                                              std::filesystem::path ca_file);

  bool Revokes(std::string_view certificate_pem) const;

  // Reads both files again; gives whether the list is another one now. What can't be used changes
  // nothing: the list before stays, and the log says why. So does one whose next update is overdue
  // at `now`: it goes on counting.
  bool Refresh(policy::TimePoint now);

 private:
  RevocationFile(std::filesystem::path file, std::filesystem::path ca_file)
      : file_(std::move(file)), ca_file_(std::move(ca_file)) {}

  const std::filesystem::path file_;
  const std::filesystem::path ca_file_;
  std::string text_;       // as last read; of Refresh alone
  std::string complaint_;  // logged last, so that it is not logged again and again; likewise
  mutable std::mutex mutex_;
  std::shared_ptr<const RevocationList> list_;
};

}  // namespace platform
