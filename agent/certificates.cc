#include "agent/certificates.h"

#include <utility>

#include "platform/log.h"
#include "platform/tls.h"

namespace agent {

using policy::CertificateAge;
using policy::Result;
using policy::TimePoint;

void Certificates::Watch(std::string use, std::filesystem::path certificate,
                         std::filesystem::path key, Show show) {
  const std::lock_guard lock(mutex_);
  watched_.push_back({std::move(use), std::move(certificate), std::move(key), std::move(show)});
}

void Certificates::Look(TimePoint now) {
  for (Watched& watched : watched_) {
    const auto renewed = Renew(watched);
    const std::string complaint = renewed ? "" : renewed.error().detail;
    if (!complaint.empty() && complaint != watched.complaint) {
      platform::Error("the certificate of {} stays as it is: {}", watched.use, complaint);
    }
    watched.complaint = complaint;
    Warn(watched, now);
  }
}

Result<void> Certificates::Renew(Watched& watched) {
  const auto certificate = platform::LoadPem(watched.certificate);
  if (!certificate) return tl::unexpected(certificate.error());
  const auto key = platform::LoadPem(watched.key);
  if (!key) return tl::unexpected(key.error());
  if (watched.shown == *certificate + *key) return {};
  if (auto fits = platform::CheckKeyPair(*certificate, *key); !fits) return fits;
  const auto validity = platform::ValidityOf(*certificate);
  if (!validity) return tl::unexpected(validity.error());
  // The first is shown already.
  if (watched.validity && watched.show) {
    if (auto shown = watched.show(*certificate, *key); !shown) return shown;
  }
  if (watched.validity) {
    platform::Info("the certificate of {} was renewed; it is valid until {}", watched.use,
                   policy::FormatTime(validity->until));
  }
  watched.shown = *certificate + *key;
  const std::lock_guard lock(mutex_);
  watched.validity = *validity;
  return {};
}

void Certificates::Warn(Watched& watched, TimePoint now) {
  if (!watched.validity) return;
  const CertificateAge age = policy::AgeOf(*watched.validity, now);
  if (std::exchange(watched.told, age) >= age) return;
  const std::string until = policy::FormatTime(watched.validity->until);
  if (age == CertificateAge::expired) {
    platform::Error("the certificate of {} expired at {}; renew {}", watched.use, until,
                    watched.certificate.string());
  } else {
    platform::Warn("the certificate of {} expires at {}; renew {}", watched.use, until,
                   watched.certificate.string());
  }
}

std::vector<Certificates::End> Certificates::ends() const {
  const std::lock_guard lock(mutex_);
  std::vector<End> ends;
  for (const Watched& watched : watched_) {
    if (watched.validity) ends.push_back({watched.use, *watched.validity});
  }
  return ends;
}

}  // namespace agent
