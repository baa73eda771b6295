#include "policy/validity.h"

#include <algorithm>
#include <chrono>

namespace policy {

CertificateAge AgeOf(const Validity& validity, TimePoint now) {
  const std::chrono::seconds whole = validity.until - validity.from;
  const std::chrono::seconds left = validity.until - now;
  if (left <= std::chrono::seconds(0)) return CertificateAge::expired;
  if (left <= std::min<std::chrono::seconds>(std::chrono::days(3), whole / 10)) {
    return CertificateAge::urgent;
  }
  if (left <= std::min<std::chrono::seconds>(std::chrono::days(14), whole / 3)) {
    return CertificateAge::ending;
  }
  return CertificateAge::good;
}

}  // namespace policy
