#include "exporters/crowdsec/query.h"

#include <algorithm>
#include <vector>

#include "platform/encoding.h"
#include "policy/ascii.h"

namespace exporters::crowdsec {
namespace {

// Calls `take` with each part of `text` between separators.
template <class Take>
void Split(std::string_view text, char separator, Take take) {
  while (true) {
    const std::size_t end = text.find(separator);
    take(text.substr(0, end));
    if (end == text.npos) return;
    text.remove_prefix(end + 1);
  }
}

// A percent that begins no escape stands for itself.
std::string Decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = text[i] == '%' && i + 2 < text.size()
                          ? platform::FromHex(text.substr(i + 1, 2))
                          : platform::FromHex("");
    if (byte && !byte->empty()) {
      decoded += *byte;
      i += 2;
    } else {
      decoded += text[i] == '+' ? ' ' : text[i];
    }
  }
  return decoded;
}

template <class Test>
bool AnyOf(std::string_view list, Test test) {
  bool any = false;
  Split(list, ',', [&](std::string_view one) { any |= !one.empty() && test(one); });
  return any;
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
  Split(text, '&', [&](std::string_view part) {
    const std::size_t equals = part.find('=');
    if (equals == part.npos) return;
    Take(Decoded(part.substr(0, equals)), Decoded(part.substr(equals + 1)), query);
  });
  return query;
}

}  // namespace exporters::crowdsec
