#include "platform/revocation.h"

#include <openssl/asn1.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <vector>

#include "platform/atomic_file.h"
#include "platform/log.h"
#include "platform/openssl_handles.h"

namespace platform {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;

constexpr std::size_t crl_size_max = 64UL * 1024 * 1024;
constexpr std::size_t ca_size_max = 1024 * 1024;

using CrlPtr = std::unique_ptr<X509_CRL, OpenSslFree<X509_CRL_free>>;

// All of one kind in a PEM text; empty if there is none, or one that can't be read.
template <class Ptr, class Read>
std::vector<Ptr> ReadAll(std::string_view pem, Read read) {
  std::vector<Ptr> all;
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!bio) return all;
  while (Ptr next{read(bio.get(), nullptr, NoPassword, nullptr)}) all.push_back(std::move(next));
  const bool is_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!is_end) all.clear();
  return all;
}

template <class T, class Encode>
std::string Der(const T* value, Encode encode) {
  unsigned char* bytes = nullptr;
  const int size = encode(value, &bytes);
  if (size <= 0) return {};
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return der;
}

bool IsSignedByOneOf(X509_CRL& crl, const std::vector<CertificatePtr>& authorities) {
  return std::any_of(authorities.begin(), authorities.end(), [&](const CertificatePtr& ca) {
    return X509_NAME_cmp(X509_CRL_get_issuer(&crl), X509_get_subject_name(ca.get())) == 0 &&
           X509_CRL_verify(&crl, X509_get0_pubkey(ca.get())) == 1;
  });
}

// Delta lists and those of a scope say so in extensions that nobody may overlook.
bool SpeaksForAll(const X509_CRL& crl) {
  for (int i = 0; i < X509_CRL_get_ext_count(&crl); ++i) {
    if (X509_EXTENSION_get_critical(X509_CRL_get_ext(&crl, i)) == 1) return false;
  }
  return true;
}

policy::TimePoint NextUpdateOf(const X509_CRL& crl) {
  const ASN1_TIME* time = X509_CRL_get0_nextUpdate(&crl);
  return time == nullptr ? policy::TimePoint::max()
                         : TimeOf(*time).value_or(policy::TimePoint::max());
}

}  // namespace

Result<RevocationList> RevocationList::Parse(std::string_view crl_pem, std::string_view ca_pem) {
  const auto authorities = ReadAll<CertificatePtr>(ca_pem, PEM_read_bio_X509);
  const auto crls = ReadAll<CrlPtr>(crl_pem, PEM_read_bio_X509_CRL);
  if (crls.empty()) return Fail(ErrorCode::malformed_input, "is no revocation list in PEM");
  RevocationList list;
  for (const CrlPtr& crl : crls) {
    if (!IsSignedByOneOf(*crl, authorities)) {
      return Fail(ErrorCode::malformed_input, "is not signed by an authority of client_ca");
    }
    if (!SpeaksForAll(*crl)) {
      return Fail(ErrorCode::malformed_input,
                  "speaks for a part of the certificates only; give the complete list");
    }
    list.next_update_ = std::min(list.next_update_, NextUpdateOf(*crl));
    const std::string issuer = Der(X509_CRL_get_issuer(crl.get()), i2d_X509_NAME);
    const STACK_OF(X509_REVOKED)* entries = X509_CRL_get_REVOKED(crl.get());
    for (int i = 0; i < sk_X509_REVOKED_num(entries); ++i) {
      const X509_REVOKED* entry = sk_X509_REVOKED_value(entries, i);
      list.revoked_.emplace(issuer, Der(X509_REVOKED_get0_serialNumber(entry), i2d_ASN1_INTEGER));
    }
  }
  return list;
}

bool RevocationList::Revokes(std::string_view certificate_pem) const {
  const CertificatePtr certificate = ReadCertificate(certificate_pem);
  if (!certificate) return true;
  return revoked_.contains({Der(X509_get_issuer_name(certificate.get()), i2d_X509_NAME),
                            Der(X509_get0_serialNumber(certificate.get()), i2d_ASN1_INTEGER)});
}

Result<std::unique_ptr<RevocationFile>> RevocationFile::Open(std::filesystem::path file,
                                                             std::filesystem::path ca_file) {
  std::unique_ptr<RevocationFile> opened(new RevocationFile(std::move(file), std::move(ca_file)));
  opened->Refresh(policy::TimePoint::min());
  if (!opened->list_) return Fail(ErrorCode::malformed_input, opened->complaint_);
  return opened;
}

bool RevocationFile::Revokes(std::string_view certificate_pem) const {
  std::shared_ptr<const RevocationList> list;
  {
    const std::lock_guard lock(mutex_);
    list = list_;
  }
  return list->Revokes(certificate_pem);
}

bool RevocationFile::Refresh(policy::TimePoint now) {
  const auto complain = [&](std::string why) {
    if (complaint_ != why) Error("{}", why);
    complaint_ = std::move(why);
  };
  const auto crl = ReadFile(file_, crl_size_max);
  const auto ca = ReadFile(ca_file_, ca_size_max);
  if (!crl || !ca) {
    complain((!crl ? crl : ca).error().detail);
    return false;
  }
  const bool is_new = text_ != *crl + *ca;
  if (is_new) {
    auto parsed = RevocationList::Parse(*crl, *ca);
    if (!parsed) {
      complain(file_.string() + " " + parsed.error().detail);
      return false;
    }
    text_ = *crl + *ca;
    const std::lock_guard lock(mutex_);
    list_ = std::make_shared<const RevocationList>(std::move(*parsed));
  }
  if (now > list_->next_update()) {
    complain(file_.string() + " was to be renewed by " + policy::FormatTime(list_->next_update()) +
             "; it counts until it is");
  } else {
    complaint_.clear();
  }
  return is_new;
}

}  // namespace platform
