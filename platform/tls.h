#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "platform/encoding.h"
#include "policy/result.h"
#include "policy/validity.h"

struct evp_pkey_st;  // EVP_PKEY of OpenSSL

namespace platform {

// The text of a PEM file, of at most 1 MiB; `malformed_input` if it has no PEM block.
policy::Result<std::string> LoadPem(const std::filesystem::path& path);

// When the first certificate of a PEM text is valid; `malformed_input` if it is none.
policy::Result<policy::Validity> ValidityOf(std::string_view certificate_pem);

// `malformed_input` unless the private key belongs to the first certificate.
policy::Result<void> CheckKeyPair(std::string_view certificate_pem, std::string_view key_pem);

// An Ed25519 private key (RFC 8032). Sign may be called from several threads at once.
class SigningKey {
 public:
  static policy::Result<SigningKey> Generate();
  // PKCS #8, unencrypted, as ToPem writes it; `malformed_input` for any other kind of key.
  static policy::Result<SigningKey> FromPem(std::string_view pem);

  policy::Result<std::string> ToPem() const;
  policy::Result<std::string> Sign(std::string_view message) const;  // 64 bytes
  const std::string& public_key() const { return public_key_; }      // 32 bytes

 private:
  SigningKey(std::shared_ptr<evp_pkey_st> key, std::string public_key);

  std::shared_ptr<evp_pkey_st> key_;
  std::string public_key_;
};

// Whether `signature` is that of `message` under a 32-byte Ed25519 public key. False, too, for a
// key or a signature of the wrong length.
bool Verify(std::string_view public_key, std::string_view message, std::string_view signature);

}  // namespace platform
