#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "exporters/held_list.h"
#include "policy/digest.h"
#include "policy/result.h"
#include "policy/time.h"
#include "sekisho/v1/enforcement.pb.h"

namespace exporters {

// The header of an update whose signature was found good.
struct Header {
  std::string list;
  std::uint64_t release = 0;
  policy::Sha256 digest{};
  policy::Sha256 terms{};  // digest of the lines' terms
  std::uint64_t count = 0;
  std::optional<policy::Sha256> base;  // of a delta; none for a snapshot
  policy::TimePoint issued;
  policy::TimePoint expires;
};

// Reads a header and checks its form and its signature by `list_key` (32 bytes, Ed25519). Pure.
// Reasons start as the table in docs/protocol.md says.
policy::Result<Header> ReadHeader(const sekisho::v1::UpdateHeader& message,
                                  std::string_view list_key);

// Whether an update may be taken at `now` by an exporter that holds `held` (null for nothing):
// refuses what is expired, issued in the future, older than what is held, or a delta for another
// base.
policy::Result<void> CheckOrder(const Header& header, const HeldList* held, policy::TimePoint now);

}  // namespace exporters
