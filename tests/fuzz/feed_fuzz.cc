#include <cstdint>
#include <string>
#include <string_view>

#include "agent/feeds/registry.h"
#include "policy/url_path.h"
#include "tests/fuzz/require.h"

using agent::feeds::FeedFormats;
using agent::feeds::FeedSnapshot;
using agent::feeds::FormatRow;

namespace {

void CheckSnapshot(const FeedSnapshot& snapshot) {
  Require(snapshot.observations.size() <= snapshot.rows_total, "an observation comes from a row");
  const policy::Observation* last = nullptr;
  for (const policy::Observation& observation : snapshot.observations) {
    Require(last == nullptr || last->indicator < observation.indicator,
            "indicators are in order, each once");
    Require(observation.first_seen <= observation.last_seen, "first seen is not after last seen");
    for (const std::string* text :
         {&observation.malware, &observation.tags, &observation.reference}) {
      Require(policy::IsUtf8(*text), "texts are UTF-8");
    }
    last = &observation;
  }
  std::uint64_t others = snapshot.passed_over;
  for (const auto& [reason, count] : snapshot.rejected_by_reason) others += count;
  for (const auto& [what, count] : snapshot.context) others += count;
  Require(others + snapshot.observations.size() <= snapshot.rows_total, "each row counts once");
  Require(snapshot.rejected.size() <= 100, "the first rejected rows are kept, not all");
  for (const auto& row : snapshot.rejected) {
    Require(row.line >= 1 && row.reason.find('\n') == std::string::npos, "a reason is one line");
  }
}

}  // namespace

// Reads the input in every format there is.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const policy::TimePoint now{std::chrono::seconds(1'773'576'000)};
  for (const FormatRow& format : FeedFormats()) {
    const auto snapshot = format.make({}).parse(text, now, 10'000);
    if (snapshot) CheckSnapshot(*snapshot);
  }
  return 0;
}
