#pragma once

#include <openssl/x509v3.h>

#include <ctime>
#include <string>
#include <vector>

#include "platform/certificate.h"
#include "platform/openssl_handles.h"

namespace platform::testing {

// A list by `ca` (RFC 5280, 5) of these certificates; with `is_delta`, one that speaks for a part.
inline std::string MakeCrl(const CertificateAndKey& ca, const std::vector<std::string>& revoked_pem,
                           policy::TimePoint made, policy::TimePoint next_update,
                           bool is_delta = false) {
  const auto set_time = [](ASN1_TIME* field, policy::TimePoint time) {
    ASN1_TIME_set(field, static_cast<std::time_t>(time.time_since_epoch().count()));
    return field;
  };
  const CertificatePtr issuer = ReadCertificate(ca.certificate_pem);
  const KeyPtr key = ReadPrivateKey(ca.key_pem);
  X509_CRL* const crl = X509_CRL_new();
  ASN1_TIME* const time = ASN1_TIME_new();
  X509_CRL_set_version(crl, X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer.get()));
  X509_CRL_set1_lastUpdate(crl, set_time(time, made));
  X509_CRL_set1_nextUpdate(crl, set_time(time, next_update));
  for (const std::string& pem : revoked_pem) {
    const CertificatePtr certificate = ReadCertificate(pem);
    X509_REVOKED* const entry = X509_REVOKED_new();
    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(certificate.get()));
    X509_REVOKED_set_revocationDate(entry, set_time(time, made));
    X509_CRL_add0_revoked(crl, entry);
  }
  if (is_delta) {
    ASN1_INTEGER* const base = ASN1_INTEGER_new();
    ASN1_INTEGER_set(base, 1);
    X509_CRL_add1_ext_i2d(crl, NID_delta_crl, base, 1, 0);
    ASN1_INTEGER_free(base);
  }
  X509_CRL_sort(crl);
  X509_CRL_sign(crl, key.get(), EVP_sha256());
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509_CRL(bio.get(), crl);
  ASN1_TIME_free(time);
  X509_CRL_free(crl);
  return TakeText(*bio);
}

}  // namespace platform::testing
