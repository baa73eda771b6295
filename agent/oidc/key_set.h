#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/result.h"

struct _cjose_jwk_int;  // cjose_jwk_t

namespace agent::oidc {

// The keys that a provider signs with (RFC 7517): RSA of 2048 bits or more for RS256, and P-256 for
// ES256. All others are left out, above all symmetric ones. Copies share the keys.
class KeySet {
 public:
  KeySet() = default;
  // `malformed_input` for what is no JWKS document, or has no key that we take.
  static policy::Result<KeySet> Parse(std::string_view json);

  // The key for a token with that algorithm. Without a key ID (empty) only if it is the only one of
  // its kind. Null if there is none: the provider may have newer keys.
  const _cjose_jwk_int* Find(std::string_view algorithm, std::string_view id) const;

 private:
  struct Key {
    std::string algorithm;
    std::string id;
    std::shared_ptr<const _cjose_jwk_int> key;
  };
  std::vector<Key> keys_;
};

}  // namespace agent::oidc
