#include "platform/tls.h"

#include <fmt/core.h>

#include <utility>

#include "platform/atomic_file.h"
#include "platform/openssl_handles.h"

namespace platform {
namespace {

using policy::ErrorCode;
using policy::Result;

constexpr std::size_t kPemSizeMax = 1024 * 1024;
constexpr std::size_t kPublicKeySize = 32;
constexpr std::size_t kSignatureSize = 64;

Result<std::string> RawPublicKey(const EVP_PKEY& key) {
  std::string raw(kPublicKeySize, '\0');
  std::size_t size = raw.size();
  if (EVP_PKEY_get_raw_public_key(&key, reinterpret_cast<unsigned char*>(raw.data()), &size) != 1 ||
      size != kPublicKeySize) {
    return policy::Fail(ErrorCode::malformed_input,
                        fmt::format("cannot get the public key: {}", OpenSslReason()));
  }
  return raw;
}

}  // namespace

Result<std::string> LoadPem(const std::filesystem::path& path) {
  auto text = ReadFile(path, kPemSizeMax);
  if (text && text->find("-----BEGIN ") == std::string::npos) {
    return policy::Fail(ErrorCode::malformed_input,
                        fmt::format("{} is no PEM file: it has no BEGIN line", path.string()));
  }
  return text;
}

Result<policy::Validity> ValidityOf(std::string_view certificate_pem) {
  const CertificatePtr certificate = ReadCertificate(certificate_pem);
  const auto from = certificate ? TimeOf(*X509_get0_notBefore(certificate.get())) : std::nullopt;
  const auto until = certificate ? TimeOf(*X509_get0_notAfter(certificate.get())) : std::nullopt;
  if (!from || !until) return policy::Fail(ErrorCode::malformed_input, "is no certificate in PEM");
  return policy::Validity{*from, *until};
}

Result<void> CheckKeyPair(std::string_view certificate_pem, std::string_view key_pem) {
  const CertificatePtr certificate = ReadCertificate(certificate_pem);
  const KeyPtr key = ReadPrivateKey(key_pem);
  if (!certificate || !key || X509_check_private_key(certificate.get(), key.get()) != 1) {
    return policy::Fail(
        ErrorCode::malformed_input,
        fmt::format("the private key is not the certificate's: {}", OpenSslReason()));
  }
  return {};
}

SigningKey::SigningKey(std::shared_ptr<evp_pkey_st> key, std::string public_key)
    : key_(std::move(key)), public_key_(std::move(public_key)) {}

Result<SigningKey> SigningKey::Generate() {
  KeyPtr key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  if (!key) {
    return policy::Fail(ErrorCode::unavailable,
                        fmt::format("cannot make an Ed25519 key: {}", OpenSslReason()));
  }
  auto raw = RawPublicKey(*key);
  if (!raw) return tl::unexpected(raw.error());
  return SigningKey(std::move(key), *std::move(raw));
}

Result<SigningKey> SigningKey::FromPem(std::string_view pem) {
  if (pem.size() > kPemSizeMax) return policy::Fail(ErrorCode::exhausted, "key is over 1 MiB");
  KeyPtr key = ReadPrivateKey(pem);
  if (!key) {
    return policy::Fail(ErrorCode::malformed_input,
                        fmt::format("not an unencrypted private key in PEM: {}", OpenSslReason()));
  }
  if (EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) {
    return policy::Fail(ErrorCode::malformed_input,
                        "the private key is not an Ed25519 key; make one with "
                        "`openssl genpkey -algorithm ed25519`");
  }
  auto raw = RawPublicKey(*key);
  if (!raw) return tl::unexpected(raw.error());
  return SigningKey(std::move(key), *std::move(raw));
}

Result<std::string> SigningKey::ToPem() const {
  std::string pem = WritePrivateKey(*key_);
  if (pem.empty()) {
    return policy::Fail(ErrorCode::unavailable,
                        fmt::format("cannot write the key as PEM: {}", OpenSslReason()));
  }
  return pem;
}

Result<std::string> SigningKey::Sign(std::string_view message) const {
  const DigestContextPtr context(EVP_MD_CTX_new());
  std::string signature(kSignatureSize, '\0');
  std::size_t size = signature.size();
  if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                     Bytes(message), message.size()) != 1 ||
      size != kSignatureSize) {
    return policy::Fail(ErrorCode::unavailable, fmt::format("cannot sign: {}", OpenSslReason()));
  }
  return signature;
}

bool Verify(std::string_view public_key, std::string_view message, std::string_view signature) {
  if (public_key.size() != kPublicKeySize || signature.size() != kSignatureSize) return false;
  const KeyPtr key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Bytes(public_key), public_key.size()));
  const DigestContextPtr context(EVP_MD_CTX_new());
  const bool good =
      key && context &&
      EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
      EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(message),
                       message.size()) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace platform
