#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/result.h"
#include "policy/validity.h"

namespace platform {

// A small CA for one machine or one test: EC P-256, SHA-256, X.509 v3. Not for wider use; it keeps
// no record of what it issued and can revoke nothing.
struct CertificateAndKey {
  std::string certificate_pem;
  std::string key_pem;  // PKCS #8, unencrypted
};

using policy::Validity;

struct CertificateRequest {
  std::string common_name;
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;
  std::vector<std::string> uris;
  bool for_server = true;
  bool for_client = false;
};

policy::Result<CertificateAndKey> MakeCa(std::string_view common_name, Validity validity);

policy::Result<CertificateAndKey> IssueCertificate(const CertificateAndKey& ca,
                                                   const CertificateRequest& request,
                                                   Validity validity);

}  // namespace platform
