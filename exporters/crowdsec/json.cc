#include "exporters/crowdsec/json.h"

#include <algorithm>
#include <chrono>
#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace exporters::crowdsec {
namespace {

void AppendDuration(std::chrono::seconds duration, std::string& out) {
  const auto out_it = std::back_inserter(out);
  const auto seconds = duration.count();
  if (seconds >= 3600) {
    fmt::format_to(out_it, "{}h{}m{}s", seconds / 3600, seconds / 60 % 60, seconds % 60);
  } else if (seconds >= 60) {
    fmt::format_to(out_it, "{}m{}s", seconds / 60, seconds % 60);
  } else {
    fmt::format_to(out_it, "{}s", seconds);
  }
}

void AppendList(const std::vector<Decision>& decisions, const Query& query, policy::TimePoint now,
                std::string& out) {
  const std::size_t start = out.size();
  for (const Decision& one : decisions) {
    const bool is_ip = one.value.is_address();
    if (!(is_ip ? query.ips : query.ranges)) continue;
    out += out.size() == start ? "[" : ",";
    out += "{\"duration\":\"";
    if (one.until <= now) out += '-';
    AppendDuration(std::max(std::chrono::abs(one.until - now), std::chrono::seconds(1)), out);
    fmt::format_to(
        std::back_inserter(out),
        R"(","id":{},"origin":"{}","scenario":"{}","scope":"{}","type":"{}","value":"{}"}})",
        one.id, kOrigin, kScenario, is_ip ? "Ip" : "Range", kType,
        is_ip ? one.value.AddressString() : one.value.ToString());
  }
  out += out.size() == start ? "null" : "]";
}

}  // namespace

std::string DecisionsJson(const std::vector<Decision>& decisions, const Query& query,
                          policy::TimePoint now) {
  std::string json;
  AppendList(decisions, query, now, json);
  return json;
}

std::string StreamJson(const Ledger::Changes& changes, const Query& query, policy::TimePoint now) {
  std::string json = R"({"deleted":)";
  AppendList(changes.deleted, query, now, json);
  json += R"(,"new":)";
  AppendList(changes.added, query, now, json);
  return json + "}";
}

std::string MessageJson(const std::string& message) {
  const nlohmann::json json{{"message", message}};
  return json.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

}  // namespace exporters::crowdsec
