// Formats for people, scripts and other products.
#include <array>
#include <variant>

#include "exporters/http_list/format_families.h"
#include "exporters/http_list/format_text.h"
#include "exporters/http_list/uuid.h"

namespace exporters::http_list {
namespace {

using policy::Indicator;
using policy::IpFamily;
using policy::IpPrefix;

void Csv(const Indicator& indicator, std::string& out) {
  Append(out, "{},{}", policy::Name(policy::KindOf(indicator)), CsvCell(Value(indicator)));
}

void Json(const Indicator& indicator, std::string& out) {
  Append(out, R"({{"kind":"{}","value":"{}"}})", policy::Name(policy::KindOf(indicator)),
         JsonText(Value(indicator)));
}

// STIX 2.1, section 9.
std::string PatternOf(const Indicator& indicator) {
  const std::string value = Escaped(Value(indicator), "\\'");
  if (std::holds_alternative<policy::Domain>(indicator)) {
    return "[domain-name:value = '" + value + "']";
  }
  if (std::holds_alternative<policy::Url>(indicator)) return "[url:value = '" + value + "']";
  const auto& prefix = std::get<IpPrefix>(indicator);
  return std::string(prefix.family() == IpFamily::v4 ? "[ipv4-addr" : "[ipv6-addr") + ":value " +
         (prefix.is_address() ? "= '" : "ISSUBSET '") + value + "']";
}

// STIX wants times, but the same list has to be the same bytes, and says nothing of when its
// entries came. This is before any of them, so that all are valid.
constexpr std::string_view stix_time = "2020-01-01T00:00:00.000Z";
constexpr std::string_view stix_identity = "identity--c81017fb-c8bf-5e37-ba1d-12f2468c9641";
constexpr std::string_view stix_head =
    R"({"type":"bundle","id":"bundle--6a34208b-2a63-52d6-840f-4337f4a7156c","objects":[
{"type":"identity","spec_version":"2.1","id":"identity--c81017fb-c8bf-5e37-ba1d-12f2468c9641","created":"2020-01-01T00:00:00.000Z","modified":"2020-01-01T00:00:00.000Z","name":"Sekisho","identity_class":"system"})";

// Follows the identity, or another.
void Stix(const Indicator& indicator, std::string& out) {
  Append(
      out,
      ",\n"
      R"({{"type":"indicator","spec_version":"2.1","id":"indicator--{0}","created_by_ref":"{1}",)"
      R"("created":"{2}","modified":"{2}","valid_from":"{2}","name":"{3}",)"
      R"("indicator_types":["malicious-activity"],"pattern_type":"stix","pattern":"{4}"}})",
      UuidOf(policy::LineOf(indicator)), stix_identity, stix_time, JsonText(Value(indicator)),
      JsonText(PatternOf(indicator)));
}

constexpr std::array formats{
    Format{.name = "text", .domains = true, .ips = true, .urls = true, .entry = &AppendValue},
    Format{.name = "csv",
           .domains = true,
           .ips = true,
           .urls = true,
           .head = "kind,value\r\n",
           .separator = "\r\n",
           .tail = "\r\n",
           .nothing = "domain,\"empty-list.invalid\"",
           .entry = &Csv,
           .content_type = "text/csv; charset=utf-8"},
    Format{.name = "json",
           .domains = true,
           .ips = true,
           .urls = true,
           .head = "{\"indicators\":[\n",
           .separator = ",\n",
           .tail = "\n]}\n",
           .nothing = "",
           .entry = &Json,
           .content_type = "application/json"},
    Format{.name = "stix",
           .domains = true,
           .ips = true,
           .urls = true,
           .head = stix_head,
           .separator = "",
           .tail = "\n]}\n",
           .nothing = "",
           .entry = &Stix,
           .content_type = "application/stix+json;version=2.1"},
};

}  // namespace

std::span<const Format> ExchangeFormats() {
  return formats;
}

}  // namespace exporters::http_list
