#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "exporters/exporter.h"
#include "policy/digest.h"
#include "policy/time.h"
#include "sekisho/v1/enforcement.pb.h"

namespace exporters {

// What a device was seen to enforce. Release 0 and no digest: not the list that it should.
struct Receipt {
  std::uint64_t release = 0;
  std::optional<policy::Sha256> digest;
  std::uint64_t count = 0;
  std::uint64_t enforced = 0;
  std::uint64_t not_enforceable = 0;
  std::string read_back;
  policy::TimePoint at;
  bool drift = false;
  std::uint64_t ended = 0;  // lines of that release, without the agent
  std::vector<LeftOut> left_out = {};
  std::vector<std::string> difference = {};  // of a drift, as in Proof
};

// The one answer to an update.
struct Answer {
  std::string nonce;
  tl::expected<Receipt, Failure> outcome;
};

sekisho::v1::ExporterMessage ToMessage(const Receipt& receipt);
sekisho::v1::ExporterMessage ToMessage(const Answer& answer);

}  // namespace exporters
