#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace exporters::crowdsec {

// Of a bouncer's report of what it does, which it posts to /v1/usage-metrics every 15 minutes.
struct UsageMetrics {
  std::optional<std::uint64_t> active;   // the sum of its "active_decisions"
  std::optional<std::uint64_t> dropped;  // the sum of its "dropped", since the report before
};

// Nothing if the body is not such a report.
std::optional<UsageMetrics> ReadUsageMetrics(std::string_view json);

}  // namespace exporters::crowdsec
