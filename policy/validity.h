#pragma once

#include <cstdint>

#include "policy/time.h"

namespace policy {

// From when until when a certificate may be used.
struct Validity {
  TimePoint from;
  TimePoint until;

  friend bool operator==(const Validity&, const Validity&) = default;
};

// How near its end a certificate is.
enum class CertificateAge : std::uint8_t { good, ending, urgent, expired };

// Ending once 14 days are left, urgent once 3 are. Of one that is valid for less than 6 weeks only
// a third of its time, and a tenth: programs renew those well before, and nobody is to be told of
// what goes as it should.
CertificateAge AgeOf(const Validity& validity, TimePoint now);

}  // namespace policy
