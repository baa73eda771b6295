#include "platform/certificate.h"

#include <fmt/core.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <optional>

#include "platform/address_guard.h"
#include "platform/encoding.h"
#include "platform/openssl_handles.h"

namespace platform {
namespace {

using policy::ErrorCode;
using policy::Result;

tl::unexpected<policy::Error> FailOpenSsl(std::string_view what) {
  return policy::Fail(ErrorCode::unavailable, fmt::format("cannot {}: {}", what, OpenSslReason()));
}

// These go into OpenSSL's comma-separated extension syntax, so nothing may break out of it.
bool IsPlain(std::string_view name) {
  return !name.empty() && name.size() <= 253 &&
         name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
             "-._*:/") == std::string_view::npos;
}

Result<std::string> SubjectAltNames(const CertificateRequest& request) {
  std::string text;
  const auto add = [&](std::string_view type, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      const bool good = type == "IP" ? IsPublicAddress(name).has_value() : IsPlain(name);
      if (!good) return false;
      text += fmt::format("{}{}:{}", text.empty() ? "" : ",", type, name);
    }
    return true;
  };
  if (!add("URI", request.uris) || !add("DNS", request.dns_names) ||
      !add("IP", request.ip_addresses)) {
    return policy::Fail(
        ErrorCode::malformed_input,
        fmt::format("certificate for \"{}\": a subjectAltName is not valid", request.common_name));
  }
  return text;
}

bool SetSerial(X509& certificate) {
  auto random = RandomBytes(8);
  if (!random) return false;
  std::uint64_t serial = 0;
  for (const char c : *random) serial = serial << 8 | static_cast<unsigned char>(c);
  return ASN1_INTEGER_set_uint64(X509_get_serialNumber(&certificate), serial >> 1 | 1) == 1;
}

bool SetTime(ASN1_TIME* field, policy::TimePoint time) {
  return ASN1_TIME_set(field, static_cast<std::time_t>(time.time_since_epoch().count())) != nullptr;
}

bool AddExtension(X509& certificate, X509& issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension && X509_add_ext(&certificate, extension.get(), -1) == 1;
}

CertificatePtr NewCertificate(std::string_view common_name, Validity validity, EVP_PKEY& key) {
  CertificatePtr certificate(X509_new());
  if (!certificate) return nullptr;
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  const bool good = X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
                    SetSerial(*certificate) &&
                    SetTime(X509_getm_notBefore(certificate.get()), validity.from) &&
                    SetTime(X509_getm_notAfter(certificate.get()), validity.until) &&
                    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, Bytes(common_name),
                                               static_cast<int>(common_name.size()), -1, 0) == 1 &&
                    X509_set_pubkey(certificate.get(), &key) == 1;
  return good ? std::move(certificate) : nullptr;
}

Result<CertificateAndKey> ToPem(X509& certificate, EVP_PKEY& key) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  std::string key_pem = WritePrivateKey(key);
  if (!bio || key_pem.empty() || PEM_write_bio_X509(bio.get(), &certificate) != 1) {
    return FailOpenSsl("write a certificate as PEM");
  }
  return CertificateAndKey{TakeText(*bio), std::move(key_pem)};
}

KeyPtr NewKey() {
  return KeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
}

std::string ExtendedKeyUsage(const CertificateRequest& request) {
  std::string text = request.for_server ? "serverAuth" : "";
  if (request.for_client) text += text.empty() ? "clientAuth" : ",clientAuth";
  return text;
}

}  // namespace

Result<CertificateAndKey> MakeCa(std::string_view common_name, Validity validity) {
  const KeyPtr key = NewKey();
  const CertificatePtr certificate = key ? NewCertificate(common_name, validity, *key) : nullptr;
  if (!certificate ||
      X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get())) != 1 ||
      !AddExtension(*certificate, *certificate, NID_basic_constraints,
                    "critical,CA:TRUE,pathlen:0") ||
      !AddExtension(*certificate, *certificate, NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !AddExtension(*certificate, *certificate, NID_subject_key_identifier, "hash") ||
      X509_sign(certificate.get(), key.get(), EVP_sha256()) == 0) {
    return FailOpenSsl("make a CA certificate");
  }
  return ToPem(*certificate, *key);
}

Result<CertificateAndKey> IssueCertificate(const CertificateAndKey& ca,
                                           const CertificateRequest& request, Validity validity) {
  const auto names = SubjectAltNames(request);
  if (!names) return tl::unexpected(names.error());
  const CertificatePtr issuer = ReadCertificate(ca.certificate_pem);
  const KeyPtr issuer_key = ReadPrivateKey(ca.key_pem);
  if (!issuer || !issuer_key) {
    return policy::Fail(ErrorCode::malformed_input,
                        fmt::format("the CA's certificate or key is not PEM: {}", OpenSslReason()));
  }
  const KeyPtr key = NewKey();
  const CertificatePtr certificate =
      key ? NewCertificate(request.common_name, validity, *key) : nullptr;
  const std::string usage = ExtendedKeyUsage(request);
  if (!certificate ||
      X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer.get())) != 1 ||
      !AddExtension(*certificate, *issuer, NID_basic_constraints, "critical,CA:FALSE") ||
      !AddExtension(*certificate, *issuer, NID_key_usage, "critical,digitalSignature") ||
      !AddExtension(*certificate, *issuer, NID_subject_key_identifier, "hash") ||
      !AddExtension(*certificate, *issuer, NID_authority_key_identifier, "keyid:always") ||
      (!usage.empty() && !AddExtension(*certificate, *issuer, NID_ext_key_usage, usage)) ||
      (!names->empty() && !AddExtension(*certificate, *issuer, NID_subject_alt_name, *names)) ||
      X509_sign(certificate.get(), issuer_key.get(), EVP_sha256()) == 0) {
    return FailOpenSsl(fmt::format("issue a certificate for \"{}\"", request.common_name));
  }
  return ToPem(*certificate, *key);
}

}  // namespace platform
