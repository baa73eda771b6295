#pragma once

#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "policy/result.h"
#include "policy/time.h"
#include "policy/validity.h"

namespace agent {

// The certificates that the agent shows, in files that somebody renews while it runs. Warns in the
// log as one gets nearer to its end.
//
// For one thread, but for `ends`.
class Certificates {
 public:
  struct End {
    std::string use;  // "agent", "web"
    policy::Validity validity;
  };
  // Shows the renewed pair, given in PEM, from now on. On an error the one before stays.
  using Show = std::function<policy::Result<void>(const std::string& certificate_pem,
                                                  const std::string& key_pem)>;

  // `show` may be empty, where whoever shows the certificate reads the files anew by itself.
  void Watch(std::string use, std::filesystem::path certificate, std::filesystem::path key,
             Show show);

  // Looks at the files. A pair that does not fit, as while it is being replaced, changes nothing.
  void Look(policy::TimePoint now);

  std::vector<End> ends() const;

 private:
  struct Watched {
    std::string use;
    std::filesystem::path certificate;
    std::filesystem::path key;
    Show show;
    std::string shown = {};  // certificate and key
    std::optional<policy::Validity> validity = {};
    policy::CertificateAge told = policy::CertificateAge::good;
    std::string complaint = {};  // logged last
  };
  policy::Result<void> Renew(Watched& watched);
  void Warn(Watched& watched, policy::TimePoint now);

  mutable std::mutex mutex_;  // over `validity` of each
  std::vector<Watched> watched_;
};

}  // namespace agent
