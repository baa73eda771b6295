#include "exporters/update_header.h"

#include <algorithm>
#include <chrono>

#include "platform/tls.h"
#include "policy/ascii.h"
#include "policy/quote.h"
#include "proto/convert.h"

namespace exporters {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::FormatTime;
using policy::Result;

// Clocks of two machines differ by seconds. An agent whose clock jumped ahead by a year must not
// make a list that bars all later ones.
constexpr std::chrono::minutes clock_skew_max{10};

bool IsListName(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return policy::IsLetter(c) || policy::IsDigit(c) || c == '.' || c == '_' || c == '-';
  });
}

tl::unexpected<policy::Error> Malformed(const std::string& what) {
  return Fail(ErrorCode::malformed_input, "malformed header: " + what);
}

}  // namespace

Result<Header> ReadHeader(const sekisho::v1::UpdateHeader& message, std::string_view list_key) {
  if (!IsListName(message.list())) {
    return Malformed("the list's name " + policy::Quote(message.list()) + " is not one");
  }
  if (message.terms_digest().empty()) {
    return Malformed("no terms_digest: the agent is older than this exporter; upgrade it first");
  }
  if (!platform::Verify(list_key, proto::SignedTextOf(message), message.signature())) {
    return Fail(ErrorCode::not_allowed,
                "bad signature: not by the agent's list key (agent.list_key) over this header");
  }
  const auto digest = proto::FromBytes(message.digest());
  if (!digest) return Malformed("the digest: " + digest.error().detail);
  const auto terms = proto::FromBytes(message.terms_digest());
  if (!terms) return Malformed("the terms' digest: " + terms.error().detail);
  const auto issued = proto::FromTimestamp(message.issued());
  if (!issued) return Malformed("issued: " + issued.error().detail);
  const auto expires = proto::FromTimestamp(message.expires());
  if (!expires) return Malformed("expires: " + expires.error().detail);
  Header header{.list = message.list(),
                .release = message.release(),
                .digest = *digest,
                .terms = *terms,
                .count = message.count(),
                .base = std::nullopt,
                .issued = *issued,
                .expires = *expires};
  if (header.release == 0) return Malformed("releases are numbered from 1");
  if (message.base_digest().empty()) return header;
  const auto base = proto::FromBytes(message.base_digest());
  if (!base) return Malformed("the base digest: " + base.error().detail);
  header.base = *base;
  return header;
}

namespace {

Result<void> CheckTime(const Header& header, policy::TimePoint now) {
  if (now >= header.expires) {
    return Fail(ErrorCode::not_allowed,
                "expired: release " + std::to_string(header.release) + " was to be taken before " +
                    FormatTime(header.expires) + ", and it is " + FormatTime(now) + " here");
  }
  if (header.issued > now + clock_skew_max) {
    return Fail(ErrorCode::not_allowed, "issued in the future: at " + FormatTime(header.issued) +
                                            ", and it is " + FormatTime(now) +
                                            " here; set the clocks");
  }
  return {};
}

Result<void> CheckReplay(const Header& header, const HeldList& held) {
  const auto replay = [&](const std::string& why) {
    return Fail(ErrorCode::not_allowed, "replay: release " + std::to_string(header.release) + why);
  };
  if (header.release < held.release) {
    return replay(" is older than release " + std::to_string(held.release) +
                  ", which is held; docs/protocol.md says what to do after restoring an agent");
  }
  if (header.release > held.release && header.issued < held.issued) {
    return replay(" was issued at " + FormatTime(header.issued) + ", before the older release " +
                  std::to_string(held.release) + " that is held (" + FormatTime(held.issued) + ")");
  }
  if (header.release == held.release && header.list == held.name &&
      header.digest != held.signed_digest()) {
    return replay(" of " + held.name + " is held with another digest, and a release never changes");
  }
  return {};
}

}  // namespace

Result<void> CheckOrder(const Header& header, const HeldList* held, policy::TimePoint now) {
  if (auto ok = CheckTime(header, now); !ok) return ok;
  if (held != nullptr) {
    if (auto ok = CheckReplay(header, *held); !ok) return ok;
  }
  if (header.base && (held == nullptr || *header.base != held->list->digest())) {
    return Fail(ErrorCode::conflict,
                "base mismatch: the delta is for " + policy::ToHex(*header.base) +
                    ", and what is held is " +
                    (held == nullptr ? "nothing" : policy::ToHex(held->list->digest())) +
                    "; a snapshot is needed");
  }
  return {};
}

}  // namespace exporters
