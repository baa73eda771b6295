#include "exporters/crowdsec/query.h"

#include <string>

#include "platform/url_query.h"
#include "policy/ascii.h"

namespace exporters::crowdsec {
namespace {

template <class Test>
bool AnyOf(std::string_view list, Test test) {
  while (!list.empty()) {
    const std::size_t end = list.find(',');
    const std::string_view one = list.substr(0, end);
    if (!one.empty() && test(one)) return true;
    list.remove_prefix(end == list.npos ? list.size() : end + 1);
  }
  return false;
}

bool Names(std::string_view list, std::string_view name) {
  return AnyOf(list, [&](auto one) { return policy::EqualsIgnoringCase(one, name); });
}

bool IsPartOfScenario(std::string_view list) {
  return AnyOf(list, [](auto one) { return kScenario.find(one) != kScenario.npos; });
}

void Narrow(Query& query, bool ips, bool ranges) {
  query.ips &= ips;
  query.ranges &= ranges;
}

void Take(const std::string& name, const std::string& value, Query& query) {
  if (value.empty()) return;
  if (name == "startup") {
    query.startup = value == "true";
  } else if (name == "contains") {
    query.contains = value != "false";
  } else if (name == "ip" || name == "range" || name == "value") {
    query.value = value;
  } else if (name == "scopes" || name == "scope") {
    Narrow(query, Names(value, "Ip"), Names(value, "Range"));
  } else if (name == "origins") {
    if (!Names(value, kOrigin)) Narrow(query, false, false);
  } else if (name == "type") {
    if (!Names(value, kType)) Narrow(query, false, false);
  } else if (name == "scenarios_containing") {
    if (!IsPartOfScenario(value)) Narrow(query, false, false);
  } else if (name == "scenarios_not_containing") {
    if (IsPartOfScenario(value)) Narrow(query, false, false);
  }
}

}  // namespace

Query ReadQuery(std::string_view text) {
  Query query;
  for (const auto& [name, value] : platform::ReadUrlQuery(text)) Take(name, value, query);
  return query;
}

}  // namespace exporters::crowdsec
