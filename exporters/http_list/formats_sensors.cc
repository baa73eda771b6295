// Formats for what watches the network.
#include <array>

#include "exporters/http_list/format_families.h"
#include "exporters/http_list/format_text.h"
#include "platform/encoding.h"

namespace exporters::http_list {
namespace {

using policy::Indicator;

void SuricataString(const Indicator& indicator, std::string& out) {
  out += platform::ToBase64(Value(indicator));
}

// Category 1, the surest score.
void SuricataReputation(const Indicator& indicator, std::string& out) {
  Append(out, "{},1,127", Value(indicator));
}

constexpr std::array formats{
    Format{.name = "suricata_dataset",
           .domains = true,
           .nothing = "ZW1wdHktbGlzdC5pbnZhbGlk",  // empty-list.invalid
           .entry = &SuricataString},
    Format{.name = "suricata_iprep",
           .ips = true,
           .nothing = "192.0.2.255,1,1",
           .entry = &SuricataReputation},
};

}  // namespace

std::span<const Format> SensorFormats() {
  return formats;
}

}  // namespace exporters::http_list
