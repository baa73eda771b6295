#include "exporters/crowdsec/usage_metrics.h"

#include <string>

#include <nlohmann/json.hpp>

namespace exporters::crowdsec {
namespace {

using Json = nlohmann::json;

constexpr double count_max = 9e15;  // a double counts no further one by one

const Json* Member(const Json& json, const char* name) {
  const auto member = json.is_object() ? json.find(name) : json.end();
  return member == json.end() ? nullptr : &*member;
}

void AddItem(const Json& item, UsageMetrics& metrics) {
  const Json* name = Member(item, "name");
  const Json* value = Member(item, "value");
  if (name == nullptr || !name->is_string() || value == nullptr || !value->is_number()) return;
  const auto number = value->get<double>();
  if (!(number >= 0 && number <= count_max)) return;
  const auto add = [&](std::optional<std::uint64_t>& sum) {
    sum = sum.value_or(0) + static_cast<std::uint64_t>(number);
  };
  if (*name == "active_decisions") add(metrics.active);
  if (*name == "dropped") add(metrics.dropped);
}

}  // namespace

std::optional<UsageMetrics> ReadUsageMetrics(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  const Json* components = Member(json, "remediation_components");
  if (components == nullptr || !components->is_array()) return std::nullopt;
  UsageMetrics sum;
  for (const Json& component : *components) {
    const Json* metrics = Member(component, "metrics");
    if (metrics == nullptr) continue;
    for (const Json& detailed : *metrics) {
      const Json* items = Member(detailed, "items");
      if (items == nullptr) continue;
      for (const Json& item : *items) AddItem(item, sum);
    }
  }
  return sum;
}

}  // namespace exporters::crowdsec
